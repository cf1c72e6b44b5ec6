// A way to a server on this machine that can be shut in the middle of what is sent through it.

import { connect, createServer } from 'node:net';

export class Gate {
  /** Leads to this port. */
  static async start(port) {
    const gate = new Gate();
    gate.left = Infinity;
    gate.held = [];
    gate.server = createServer((client) => {
      const server = connect(port, '127.0.0.1');
      server.on('error', () => client.destroy());
      client.on('error', () => server.destroy()).on('close', () => server.destroy());
      server.pipe(client);
      client.on('data', (bytes) => gate.pass(client, server, bytes));
    });
    await new Promise((resolve) => gate.server.listen(0, '127.0.0.1', resolve));
    gate.url = `http://127.0.0.1:${gate.server.address().port}`;
    return gate;
  }

  pass(client, server, bytes) {
    this.left -= bytes.length;
    if (this.left > 0) {
      server.write(bytes);
      return;
    }
    client.pause();
    this.held.push(() => { server.write(bytes); client.resume(); });
    this.shut();
  }

  /** Lets so many more bytes through to the server; resolves when the next one has to wait. */
  shutAfter(bytes) {
    this.left = bytes;
    return new Promise((resolve) => { this.shut = resolve; });
  }

  /** Lets everything through, also what waits. */
  open() {
    this.left = Infinity;
    for (const go of this.held.splice(0)) go();
  }

  stop() {
    this.server.close();
  }
}
