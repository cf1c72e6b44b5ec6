// Chromium, and what must hold on every page: nothing in its console, nothing refused by its policy, nothing that moves,
// nothing that axe finds, nothing wider than the screen, and the same text before and after scripts take over.

import assert from 'node:assert/strict';
import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import AxeBuilder from '@axe-core/playwright';
import { chromium } from 'playwright-core';
import { PATIENCE, until } from './process.mjs';

export const CHROMIUM = 'chromium';
export const WIDE = { width: 1440, height: 900 };
export const NARROW = { width: 390, height: 844 };

const NARROWEST = 360;
const LARGEST_SHIFT = 0.02;
const RULES = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];

/**
 * Pictures are taken where that is asked for: `SLIPWAY_SCREENSHOTS=all` keeps one of every page in end2end/output, `docs` renews the
 * few that the documentation shows. The picture of a failure is always kept.
 */
const SHOTS = process.env.SLIPWAY_SCREENSHOTS;
const OUTPUT = fileURLToPath(new URL('../output/', import.meta.url));
const DOCS = fileURLToPath(new URL('../../docs/screenshots/', import.meta.url));
const SHOWN = ['overview-1440-light', 'tags-1440-light', 'tags-1440-dark', 'artifact-1440-dark', 'project-empty-1440-light', 'tags-390-light',
  'artifact-390-dark'];

/** Whether the documentation's pictures are being renewed: then the server has the address that a newcomer sees. */
export const FOR_DOCS = SHOTS === 'docs';

export class Browser {
  static async start() {
    const browser = new Browser();
    browser.chromium = await chromium.launch({
      executablePath: `/usr/bin/${CHROMIUM}`,
      timeout: PATIENCE,
      args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
        '--disable-component-update', '--disable-sync', '--font-render-hinting=none'],
    });
    return browser;
  }

  /** Somebody with a browser of their own, not signed in. */
  async visitor(slipway, { viewport = WIDE, scripts = true, theme = 'light', language = 'en-US' } = {}) {
    const context = await this.chromium.newContext({
      baseURL: slipway.url, viewport, javaScriptEnabled: scripts, colorScheme: theme, locale: language,
      reducedMotion: 'reduce', hasTouch: viewport.width < 600, timezoneId: 'UTC',
      ...(scripts ? { permissions: ['clipboard-read', 'clipboard-write'] } : {}),
    });
    context.setDefaultTimeout(PATIENCE);
    if (scripts) await context.addInitScript(watch);
    const visitor = new Visitor(slipway, context, { scripts, viewport });
    visitor.page = await context.newPage();
    visitor.listen(visitor.page);
    return visitor;
  }

  stop() {
    return this.chromium.close();
  }
}

/** Runs in the page before its own scripts. */
function watch() {
  window.watched = { shift: 0, grounds: [], touched: -Infinity };
  for (const kind of ['pointerdown', 'keydown', 'input']) addEventListener(kind, () => { window.watched.touched = performance.now(); }, true);
  document.addEventListener('securitypolicyviolation', (event) => {
    console.error(`refused by the policy: ${event.violatedDirective} ${event.blockedURI} ${event.sample}`);
  });
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) {
      // What moves after somebody did something is the answer to it. The browser itself allows half a second, which is too short
      // for a machine that is busy with other tests.
      if (entry.hadRecentInput || entry.startTime - window.watched.touched < 20_000) continue;
      window.watched.shift += entry.value;
      for (const { node } of entry.sources ?? []) window.watched.moved = node?.className ?? node?.nodeName;
    }
  }).observe({ type: 'layout-shift', buffered: true });
  const look = () => {
    if (document.body) {
      const ground = getComputedStyle(document.documentElement).backgroundColor;
      if (window.watched.grounds.at(-1) !== ground) window.watched.grounds.push(ground);
    }
    if (performance.now() < 2000 || window.watched.grounds.length === 0) requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
}

/** What axe has to say about a page, by all rules or some. */
async function violations(page, rules) {
  // What is in order needs no report of each element, which would take half of the time.
  const axe = new AxeBuilder({ page }).setLegacyMode(true).options({ resultTypes: ['violations'], preload: false });
  const { violations } = await (rules ? axe.withRules(rules) : axe.withTags(RULES)).analyze();
  return violations.flatMap(({ id, help, nodes }) => nodes.map(({ target, failureSummary }) =>
    `${id} (${help}) at ${target.join(' ')}: ${failureSummary.replace(/\s+/g, ' ')}`));
}

export class Visitor {
  constructor(slipway, context, { scripts, viewport }) {
    Object.assign(this, { slipway, context, scripts, viewport, problems: [], allowed: { statuses: [], offline: false } });
    // What was allowed when an address was last asked for, and questions to the server without an answer until now.
    Object.assign(this, { asked: new Map(), unanswered: new Set() });
  }

  get narrow() {
    return this.viewport.width < 600;
  }

  /** Whether what is told of an address is part of the story, now or when it was last asked for: word of an answer may come late. */
  expects(url, so) {
    return [this.allowed, this.asked.get(url) ?? this.allowed].some(so);
  }

  listen(page) {
    page.on('request', (request) => {
      this.asked.set(request.url(), this.allowed);
      if (request.url().includes('/_fn/')) this.unanswered.add(request);
    });
    for (const end of ['requestfinished', 'requestfailed']) page.on(end, (request) => this.unanswered.delete(request));
    page.on('console', (message) => {
      if (!['error', 'warning'].includes(message.type())) return;
      const text = message.text();
      const status = /^Failed to load resource: the server responded with a status of (\d+)/.exec(text)?.[1];
      const { url } = message.location();
      if (status && this.expects(url, ({ statuses }) => statuses.includes(Number(status)))) return;
      if (/ERR_INTERNET_DISCONNECTED|ERR_CONNECTION_REFUSED/.test(text) && this.expects(url, ({ offline }) => offline)) return;
      this.problems.push(`console ${message.type()} at ${page.url()}: ${text}`);
    });
    page.on('pageerror', (error) => this.problems.push(`error at ${page.url()}: ${error.stack}`));
    page.on('response', (response) => {
      if (response.status() < 400 || this.expects(response.url(), ({ statuses }) => statuses.includes(response.status()))) return;
      this.problems.push(`${response.status()} for ${response.request().method()} ${response.url()} at ${page.url()}`);
    });
    page.on('requestfailed', (request) => {
      const why = request.failure()?.errorText;
      // A page that is left does not wait for what it asked for.
      if (why === 'net::ERR_ABORTED' || this.expects(request.url(), ({ offline }) => offline)) return;
      this.problems.push(`${why} for ${request.method()} ${request.url()} at ${page.url()}`);
    });
  }

  /** Opens an address as a new document, and sees to it that scripts change none of its words. */
  async open(path) {
    this.unanswered.clear();
    const response = await this.page.goto(path);
    await this.alive();
    const html = await response.text();
    assert.ok(!html.includes('The request has no context.'), `the server lost the request while it rendered ${path}`);
    if (this.scripts) await this.assertSameText(html);
    return response.status();
  }

  /** Waits until the document is whole and scripts, where there are any, have taken over. */
  async alive() {
    await this.page.waitForLoadState('load');
    if (!this.scripts) return;
    await this.page.waitForFunction(() => document.documentElement.dataset.live === 'ready');
    await this.painted();
  }

  /** Waits until the page has come to rest: what scripts have opened or changed has heard from the server as well. */
  async ready() {
    await this.alive();
    if (!this.scripts || this.unanswered.size === 0) return;
    await until('what the page has asked for', () => this.unanswered.size === 0, 30_000).catch(() => this.unanswered.clear());
    await this.painted();
  }

  painted() {
    return this.page.evaluate(() => document.fonts.ready.then(() => new Promise((resolve) => {
      requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(resolve)));
    })));
  }

  /** Does something that loads a new document, which may have the same address. */
  async loading(work) {
    await Promise.all([this.page.waitForEvent('load'), work()]);
    await this.ready();
  }

  async assertSameText(html) {
    const [before, after] = await this.page.evaluate((html) => {
      const text = (root) => {
        const copy = root.cloneNode(true);
        // Times are told anew by the browser's clock.
        for (const element of copy.querySelectorAll('script, style, noscript, template, time')) element.remove();
        return copy.textContent.replace(/\s+/g, ' ').trim();
      };
      return [text(new DOMParser().parseFromString(html, 'text/html').body), text(document.body)];
    }, html);
    assert.equal(after, before, `scripts changed the words of ${this.page.url()}`);
  }

  /** What must hold on every page. */
  async check(what) {
    const found = this.scripts ? await this.wholly(violations) : await this.withoutScripts(violations);
    assert.deepEqual(found, [], `axe on ${what}`);
    await this.checkLayout(what);
  }

  /** What must hold on every page whose elements were looked at before, in other words or colours. */
  async checkLayout(what) {
    const { page } = this;
    await this.assertFits(what);
    if (this.scripts) {
      const { shift, moved } = await page.evaluate(() => window.watched);
      assert.ok(shift < LARGEST_SHIFT, `${what} moved by ${shift} (${moved})`);
    }
    this.assertQuiet(what);
  }

  /** What must hold on every page, the contrast in the dark too, and pictures in both themes under this name. */
  async look(name) {
    const { viewport } = this;
    const what = `${name} at ${viewport.width}`;
    await this.check(what);
    await this.picture(`${name}-${viewport.width}-light`, { fullPage: true });
    await this.inTheDark(async () => {
      // The colours are the same at every width.
      if (!this.narrow) await this.checkContrast(`${what}, dark`);
      await this.picture(`${name}-${viewport.width}-dark`, { fullPage: true });
    });
  }

  /** Does something with the page in the other theme. */
  async inTheDark(work) {
    await this.page.emulateMedia({ colorScheme: 'dark' });
    await work();
    await this.page.emulateMedia({ colorScheme: 'light' });
  }

  /** The colours of a page whose elements were looked at before. */
  async checkContrast(what) {
    assert.deepEqual(await this.wholly((page) => violations(page, ['color-contrast'])), [], `contrast on ${what}`);
  }

  /** Looks at a page that is as high as its content, so that bars which float cover nothing that could be scrolled out from under them. */
  async wholly(work) {
    const { page, viewport } = this;
    const height = await page.evaluate(() => document.documentElement.scrollHeight);
    if (height > viewport.height) await page.setViewportSize({ ...viewport, height });
    try {
      return await work(page);
    } finally {
      await page.setViewportSize(viewport);
    }
  }

  /** Axe is a script itself: it looks at a copy of the page, as it stands, from which the page's own scripts were taken. */
  async withoutScripts(work) {
    const { page } = this;
    const html = (await page.content()).replace(/<script\b[\s\S]*?<\/script>/g, '').replace(/<(\/?)noscript\b/g, '<$1div');
    if (!this.copy) {
      this.copying = await page.context().browser().newContext({ viewport: this.viewport });
      this.copy = await this.copying.newPage();
    }
    await this.copy.route(page.url(), (route) => route.fulfill({ body: html, contentType: 'text/html' }));
    await this.copy.goto(page.url());
    const found = await work(this.copy);
    await this.copy.unroute(page.url());
    return found;
  }

  /** Nothing is wider than the screen, down to the narrowest phone. */
  async assertFits(what) {
    const widths = this.narrow ? [this.viewport.width, NARROWEST] : [this.viewport.width];
    for (const width of widths) {
      await this.page.setViewportSize({ ...this.viewport, width });
      const wide = await this.page.evaluate(() => {
        const { scrollWidth, clientWidth } = document.documentElement;
        if (scrollWidth <= clientWidth) return null;
        const outside = [...document.body.querySelectorAll('*')].filter((element) => element.getBoundingClientRect().right > clientWidth + 1);
        return `${scrollWidth} px: ${outside.slice(-3).map((element) => element.outerHTML.slice(0, 120)).join(' | ')}`;
      });
      assert.equal(wide, null, `${what} scrolls sideways at ${width}`);
    }
    await this.page.setViewportSize(this.viewport);
  }

  assertQuiet(what) {
    const problems = this.problems.splice(0);
    assert.deepEqual(problems, [], what);
  }

  /** Within `work` answers with these statuses, or none at all, are part of the story. */
  async expecting(allowed, work) {
    const before = this.allowed;
    this.allowed = { ...before, ...allowed };
    try {
      return await work();
    } finally {
      await this.page.waitForTimeout(20);
      this.allowed = before;
    }
  }

  /** Every ground the page was painted on since it was opened: one, where the theme does not flash. */
  grounds() {
    return this.page.evaluate(() => window.watched.grounds);
  }

  /** Goes through the page with the Tab key; each stop must be seen and must show that it has the focus. */
  async assertTabOrder(what, stops = 12) {
    const seen = [];
    for (let stop = 0; stop < stops; stop += 1) {
      await this.page.keyboard.press('Tab');
      const focus = await this.page.evaluate(() => {
        const element = document.activeElement;
        if (!element || element === document.body) return null;
        const style = getComputedStyle(element);
        const { top, bottom, left, right, width, height } = element.getBoundingClientRect();
        // A field inside of a group has its ring around the group.
        const ring = [style, getComputedStyle(element.parentElement)]
          .some(({ outlineStyle, outlineWidth }) => outlineStyle !== 'none' && parseFloat(outlineWidth) >= 2);
        return {
          name: `${element.nodeName} ${element.getAttribute('aria-label') ?? element.textContent.trim().slice(0, 40) ?? element.id}`,
          ring, shown: width > 0 && height > 0 && bottom > 0 && top < innerHeight && right > 0 && left < innerWidth,
        };
      });
      if (!focus) break;
      assert.ok(focus.ring, `${what}: ${focus.name} does not show that it has the focus`);
      assert.ok(focus.shown, `${what}: ${focus.name} has the focus and is not seen`);
      seen.push(focus.name);
    }
    return seen;
  }

  /** A picture of the page, where pictures are asked for. */
  async picture(name, { fullPage = false } = {}) {
    if (SHOTS === 'all') return this.shoot(`${OUTPUT}${name}.png`, fullPage);
    if (FOR_DOCS && SHOWN.includes(name)) return this.shoot(`${DOCS}${name}.png`, false);
  }

  /** What the page looked like when something failed. */
  failure(name) {
    return this.shoot(`${OUTPUT}failed-${name.replace(/\W+/g, '-')}.png`, true).catch(() => {});
  }

  async shoot(path, fullPage) {
    await mkdir(dirname(path), { recursive: true });
    if (this.scripts) await this.page.evaluate(() => document.fonts.ready);
    await this.page.screenshot({ path, fullPage, animations: 'disabled', caret: 'hide' });
  }

  /** The visit is over; whatever is still to be complained about is. */
  async close() {
    this.assertQuiet('at the end');
    await this.leave();
  }

  /** The visit is over, however it went. */
  async leave() {
    await this.copying?.close();
    await this.context.close();
  }
}
