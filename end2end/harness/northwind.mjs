// The registry of a company: four projects, a repository with more tags than a page holds.

import { createHash } from 'node:crypto';
import { Pusher, PROVENANCE, SBOM, SIGNATURE } from './content.mjs';

/** Layers of the pictures are as large as real ones; those of the tests need not be. */
const SCALE = process.env.SLIPWAY_SCREENSHOTS === 'docs' ? 1 : 0.01;
const size = (megabytes) => Math.max(120, Math.round(megabytes * 1e6 * SCALE));

const CREATED = '2026-11-18T09:30:00Z';
const AMD64 = { os: 'linux', architecture: 'amd64' };
const ARM64 = { os: 'linux', architecture: 'arm64' };
const ARMV7 = { os: 'linux', architecture: 'arm', variant: 'v7' };
const WINDOWS = { os: 'windows', architecture: 'amd64', 'os.version': '10.0.20348.2700' };

export const CHECKOUT = 'payments/checkout-api';
export const LONG = 'platform-base/images/continuous-integration/debian-slim-with-certificates-and-timezones';

/** Names as long as they may be, without a place to break them: 255 characters, and 128. */
export const LONGEST = `platform-base/${'n'.repeat(241)}`;
export const LONGEST_TAG = 't'.repeat(128);

/** Oldest first. */
const VERSIONS = ['1.0.0', '1.1.0', '1.2.0', '1.3.0', '1.4.0', '1.5.0', '1.6.0', '1.7.0', '1.8.0', '1.9.0', '1.9.1', '1.9.2', '1.9.3', '1.10.0',
  '1.11.0', '1.12.0', '1.12.1', '1.12.4', '1.13.0', '1.14.0-rc.1', '1.14.0-rc.2', '1.14.0', '1.14.1', '1.14.2'];

/** Tags that share an image, as a pipeline makes them for each commit. */
export const COMMITS = Array.from({ length: 36 }, (_, at) => createHash('sha1').update(`commit ${at}`).digest('hex').slice(0, 7));

const config = {
  Entrypoint: ['/usr/local/bin/checkout-api'], Cmd: ['serve', '--config', '/etc/checkout.toml'], User: '10001:10001', WorkingDir: '/srv/checkout',
  Env: ['PATH=/usr/local/bin:/usr/bin:/bin', 'TZ=Etc/UTC', 'LANG=C.UTF-8'], ExposedPorts: { '8080/tcp': {}, '9090/tcp': {} }, StopSignal: 'SIGTERM',
  Labels: { 'com.example.team': 'payments', 'com.example.tier': '1' },
};
const annotations = {
  'org.opencontainers.image.source': 'https://github.com/northwind/checkout-api',
  'org.opencontainers.image.revision': '4c1f9e02ab77d8',
  'org.opencontainers.image.licenses': 'Apache-2.0',
};

const base = [
  { by: 'ADD rootfs.tar.gz / # buildkit', size: size(28.2), name: 'debian' },
  { by: 'RUN /bin/sh -c apt-get update && apt-get install -y --no-install-recommends ca-certificates libssl3 tzdata && rm -rf /var/lib/apt/lists/* # buildkit', size: size(9.64), name: 'packages' },
  { by: 'ENV TZ=Etc/UTC LANG=C.UTF-8' },
];

const steps = (version) => [
  ...base,
  { by: 'RUN /bin/sh -c groupadd -g 10001 app && useradd -u 10001 -g app -M -s /usr/sbin/nologin app # buildkit', size: 3100, name: 'user' },
  { by: 'WORKDIR /srv/checkout', size: 156, name: 'workdir' },
  { by: 'COPY --from=build /out/migrations ./migrations # buildkit', size: size(0.412), name: `migrations ${version}` },
  { by: 'COPY --from=build /out/assets ./assets # buildkit', size: size(1.87), name: `assets ${version}` },
  { by: 'COPY --from=build /out/checkout-api /usr/local/bin/ # buildkit', size: size(4.7), name: `program ${version}` },
  { by: 'USER 10001:10001' },
  { by: 'EXPOSE 8080/tcp 9090/tcp' },
  { by: 'ENTRYPOINT ["/usr/local/bin/checkout-api"]' },
];

/** Fills an empty server. */
export async function fill(slipway) {
  const pusher = new Pusher(slipway);
  const projects = { payments: false, storefront: false, 'ml-inference': false, 'platform-base': true, sandbox: false };
  for (const [name, isPublic] of Object.entries(projects)) await slipway.createProject(name, { isPublic });

  const plain = (repository, name, megabytes, ...tags) => pusher.image(repository, {
    platform: AMD64, created: CREATED, config: { Cmd: ['/bin/sh'] },
    steps: [base[0], { by: `COPY ${name} / # buildkit`, size: size(megabytes), name }],
  }, ...tags);
  await plain('ml-inference/embedding/bge-m3-server', 'model', 12, '0.9.0-cuda12.6', 'latest');
  await plain(LONG, 'slim', 1, '13.2', '13.2-2026-11-23-nightly-with-a-name-that-goes-on-and-on-for-quite-a-while');
  await plain(LONGEST, 'slim', 1, LONGEST_TAG);
  await plain('platform-base/debian-slim', 'slim', 1, '13.2', '13', 'latest');
  await plain('storefront/web/ssr-renderer', 'renderer', 6, '2026.11.23-canary', '2026.11.22');
  await plain('payments/ledger-worker', 'ledger', 3, '1.10.0');

  await pusher.image(CHECKOUT, { platform: AMD64, created: CREATED, config, steps: steps('commit') }, ...COMMITS.map((name) => `sha-${name}`));
  for (const version of VERSIONS.slice(0, -1)) await release(pusher, version);
  await pusher.image(CHECKOUT, { platform: AMD64, created: CREATED, config, annotations, steps: steps('idempotency keys') }, 'pr-2291-idempotency-keys');
  const newest = await release(pusher, '1.14.2', 'main', 'latest', '1.14.2');

  const approved = await slipway.createLabel('', 'approved', '#48960C', 'Passed the review of security');
  const team = await slipway.createLabel('payments', 'team payments', '#0065AB', 'Who answers for it');
  const ending = await slipway.createLabel('payments', 'end of life', '#C25400', 'Gets no fixes any more; move to a newer one');
  await slipway.createLabel('payments', 'experiment with a name that says more than a label should have to say', '#781DA0');
  for (const label of [approved, team]) await slipway.label(CHECKOUT, '1.14.2', label);
  for (const label of [team, ending]) await slipway.label(CHECKOUT, '1.9.0', label);
  await slipway.label(CHECKOUT, 'pr-2291-idempotency-keys', team);

  await slipway.protectTags('payments', '1.12.*', 'checkout-api');
  await slipway.keepTags('payments', 'newest_patches', '1', '**');
  await slipway.keepTags('payments', 'pushed_within', '30', 'sha-*');
  await slipway.createRobot('payments', 'ci', { description: 'Pipelines of payments, on GitHub' });
  await slipway.createRobot('payments', 'staging-cluster', { description: 'Pulls for the staging cluster', lifetime: '7' });
  await slipway.createRobot('payments', 'mirror', { lifetime: 'never' });
  await slipway.createRobot('', 'scanner', { description: 'Looks through every image at night', lifetime: '365' });
  await slipway.createRobot('', 'edge', { scope: 'some', projects: 'storefront, platform-base' });
  await slipway.createAccessToken('laptop', { level: 'write' });
  await slipway.createAccessToken('backup script', { level: 'read', scope: 'some', projects: 'payments', lifetime: '10' });
  const { names: [robot], secret } = await slipway.createRobot('storefront', 'ci');
  await fetch(`${slipway.url}/v2/`, { headers: slipway.basic(robot, secret) });

  await pusher.pull(CHECKOUT, '1.14.2', 5);
  await pusher.pull(CHECKOUT, 'latest', 9);
  await pusher.pull(CHECKOUT, '1.14.1', 2);
  await pusher.pull('platform-base/debian-slim', '13', 12);
  return { pusher, newest };
}

/** Old versions are for one platform and unsigned; later ones for two, signed and with an SBOM; the newest for four. */
async function release(pusher, version, ...tags) {
  const at = VERSIONS.indexOf(version);
  const image = (platform, ...tags) => pusher.image(CHECKOUT, { platform, created: CREATED, config, annotations, steps: steps(version) }, ...tags);
  const names = tags.length > 0 ? tags : [version];
  if (at < VERSIONS.indexOf('1.9.0')) return image(AMD64, ...names);
  const platforms = version === '1.14.2' ? [AMD64, ARM64, ARMV7, WINDOWS] : version === '1.12.4' ? [AMD64, ARM64, WINDOWS] : [AMD64, ARM64];
  const manifests = [];
  for (const platform of platforms) manifests.push(await image(platform));
  const index = await pusher.index(CHECKOUT, manifests, annotations, ...names);
  await pusher.attach(CHECKOUT, index, SIGNATURE, `signature of ${version} `.repeat(40));
  if (at >= VERSIONS.indexOf('1.12.0')) await pusher.attach(CHECKOUT, index, SBOM, `packages of ${version} `.repeat(900));
  if (at >= VERSIONS.indexOf('1.14.0')) {
    await pusher.attach(CHECKOUT, index, PROVENANCE, `statement about ${version} `.repeat(200), { 'in-toto.io/predicate-type': 'https://slsa.dev/provenance/v1' });
  }
  return index;
}
