// Chromium, and what must hold on every page: nothing in its console, nothing refused by its policy, nothing that moves,
// nothing that axe finds, nothing wider than the screen, and the same text before and after scripts take over.

import assert from 'node:assert/strict';
import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import AxeBuilder from '@axe-core/playwright';
import { chromium } from 'playwright-core';

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
    context.setDefaultTimeout(10_000);
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
      // What moves soon after somebody did something is the answer to it. The browser itself allows half a second, which is too short
      // for a machine that is busy with other tests.
      if (entry.hadRecentInput || entry.startTime - window.watched.touched < 5000) continue;
      window.watched.shift += entry.value;
      for (const { node } of entry.sources ?? []) window.watched.moved = node?.className ?? node?.nodeName;
    }
  }).observe({ type: 'layout-shift', buffered: true });
  const look = () => {
    if (document.body) {
      const ground = getComputedStyle(document.documentElement).backgroundColor;
      if (window.watched.grounds.at(-1) !== ground) window.watched.grounds.push(ground);
    }
    if (performance.now() < 2000) requestAnimationFrame(look);
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
  }

  get narrow() {
    return this.viewport.width < 600;
  }

  listen(page) {
    page.on('console', (message) => {
      if (!['error', 'warning'].includes(message.type())) return;
      const text = message.text();
      const status = /^Failed to load resource: the server responded with a status of (\d+)/.exec(text)?.[1];
      if (status && this.allowed.statuses.includes(Number(status))) return;
      if (this.allowed.offline && /ERR_INTERNET_DISCONNECTED|ERR_CONNECTION_REFUSED/.test(text)) return;
      this.problems.push(`console ${message.type()} at ${page.url()}: ${text}`);
    });
    page.on('pageerror', (error) => this.problems.push(`error at ${page.url()}: ${error.stack}`));
    page.on('response', (response) => {
      if (response.status() < 400 || this.allowed.statuses.includes(response.status())) return;
      this.problems.push(`${response.status()} for ${response.request().method()} ${response.url()} at ${page.url()}`);
    });
    page.on('requestfailed', (request) => {
      const why = request.failure()?.errorText;
      // A page that is left does not wait for what it asked for.
      if (why === 'net::ERR_ABORTED' || this.allowed.offline) return;
      this.problems.push(`${why} for ${request.method()} ${request.url()} at ${page.url()}`);
    });
  }

  /** Opens an address as a new document, and sees to it that scripts change none of its words. */
  async open(path) {
    const response = await this.page.goto(path);
    await this.ready();
    const html = await response.text();
    assert.ok(!html.includes('The request has no context.'), `the server lost the request while it rendered ${path}`);
    if (this.scripts) await this.assertSameText(html);
    return response.status();
  }

  /** Waits until the page has come to rest and scripts, where there are any, have taken over. */
  async ready() {
    await this.page.waitForLoadState('load');
    if (!this.scripts) return;
    await this.page.waitForFunction(() => document.documentElement.dataset.live === 'ready');
    await this.page.evaluate(() => new Promise((resolve) => {
      requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(resolve)));
    }));
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
