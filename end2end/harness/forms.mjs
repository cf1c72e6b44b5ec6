// A browser that knows links, cookies and forms, and no JavaScript.

export class FormClient {
  constructor(origin, { fetch = globalThis.fetch } = {}) {
    this.origin = origin;
    this.fetch = fetch;
    this.cookies = new Map();
  }

  async open(path) {
    return this.request(new URL(path, this.origin), { method: 'GET' });
  }

  /** Fills in the form that has all the named fields and sends it. */
  async submit(values) {
    const names = Object.keys(values);
    const form = this.page.forms.find((candidate) => names.every((name) => candidate.names.has(name)));
    if (!form) throw new Error(`no form with ${names.join(', ')} on ${this.page.url}`);
    const body = new URLSearchParams(form.defaults);
    for (const [name, value] of Object.entries(values)) body.set(name, value);
    const target = new URL(form.action || this.page.url, this.page.url);
    if (form.method === 'get') {
      target.search = body.toString();
      return this.request(target, { method: 'GET' });
    }
    return this.request(target, { method: 'POST', body });
  }

  async request(url, options, redirects = 0) {
    if (redirects > 10) throw new Error(`redirected in a circle at ${url}`);
    const headers = {
      accept: 'text/html',
      cookie: [...this.cookies].map(([name, value]) => `${name}=${value}`).join('; '),
      'sec-fetch-site': 'same-origin',
      ...(this.page ? { referer: this.page.url } : {}),
      ...(options.method === 'POST' ? { origin: this.origin } : {}),
    };
    const response = await this.fetch(url, { ...options, headers, redirect: 'manual' });
    for (const cookie of response.headers.getSetCookie()) {
      const [pair, ...attributes] = cookie.split(';');
      const at = pair.indexOf('=');
      const name = pair.slice(0, at).trim();
      if (attributes.some((attribute) => /max-age=0\b/i.test(attribute.trim()))) this.cookies.delete(name);
      else this.cookies.set(name, pair.slice(at + 1));
    }
    if (response.status >= 300 && response.status < 400 && response.headers.has('location')) {
      await response.arrayBuffer();
      return this.request(new URL(response.headers.get('location'), url), { method: 'GET' }, redirects + 1);
    }
    const text = await response.text();
    this.page = { url: url.toString(), status: response.status, text, forms: formsOf(text), cookies: response.headers.getSetCookie() };
    return this.page;
  }
}

function formsOf(html) {
  return [...html.matchAll(/<form\b([^>]*)>([\s\S]*?)<\/form>/gi)].map(([, attributes, inside]) => {
    const defaults = [];
    const names = new Set();
    for (const [, field] of inside.matchAll(/<(?:input|select|textarea|button)\b([^>]*)>/gi)) {
      const name = attribute(field, 'name');
      if (!name) continue;
      names.add(name);
      const type = attribute(field, 'type') ?? 'text';
      const chosen = !['radio', 'checkbox'].includes(type) || /\bchecked\b/i.test(field);
      if (chosen && type !== 'submit') defaults.push([name, attribute(field, 'value') ?? '']);
    }
    const method = (attribute(attributes, 'method') ?? 'get').toLowerCase();
    return { action: attribute(attributes, 'action'), method, names, defaults };
  });
}

function attribute(tag, name) {
  const found = tag.match(new RegExp(`\\b${name}\\s*=\\s*(?:"([^"]*)"|'([^']*)'|([^\\s>]+))`, 'i'));
  const value = found && (found[1] ?? found[2] ?? found[3]);
  return value?.replaceAll('&quot;', '"').replaceAll('&#x27;', "'").replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&');
}
