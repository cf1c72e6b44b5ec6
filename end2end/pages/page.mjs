// What every page has: a heading, the frame around it, menus, dialogs.

import assert from 'node:assert/strict';
import { until } from '../harness/process.mjs';

export class Page {
  constructor(visitor) {
    this.visitor = visitor;
    this.page = visitor.page;
  }

  heading() {
    return this.page.locator('h1');
  }

  async assertAt(path) {
    await this.page.waitForURL((url) => url.pathname + url.search === path);
    await this.visitor.ready();
  }

  /** Follows a link or presses a button that leads to another page. */
  async go(locator, path) {
    await locator.click();
    await this.assertAt(path);
  }

  accountMenu() {
    return this.page.locator('details.account');
  }

  async openAccountMenu() {
    await this.accountMenu().locator('summary').click();
  }

  async chooseTheme(name) {
    await this.openAccountMenu();
    const button = this.accountMenu().getByRole('button', { name });
    if (this.visitor.scripts) {
      const kept = this.page.waitForResponse((response) => response.url().includes('/_fn/set_theme'));
      await button.click();
      await kept;
      await this.page.keyboard.press('Escape');
    } else {
      await this.visitor.loading(() => button.click());
    }
  }

  async chooseLanguage(name) {
    await this.openAccountMenu();
    await this.visitor.loading(() => this.accountMenu().getByRole('button', { name }).click());
  }

  async signOut() {
    await this.openAccountMenu();
    await this.accountMenu().locator('form[action*="sign_out"] button').click();
    await this.assertAt('/login?signed_out=1');
  }

  dialog() {
    return this.page.getByRole('dialog');
  }

  /** What stands in the command boxes, in order. */
  commands() {
    return this.page.locator('main .command code').allTextContents();
  }

  /** Presses Copy beside a command and returns what is on the clipboard then. */
  async copy(command) {
    await this.page.evaluate(() => navigator.clipboard.writeText(''));
    await this.page.locator('.command-line').filter({ hasText: command }).getByRole('button', { name: 'Copy' }).click();
    return until('the clipboard', () => this.page.evaluate(() => navigator.clipboard.readText()));
  }

  async assertText(text) {
    await this.page.locator('body').getByText(text).locator('visible=true').first().waitFor();
  }

  async rows() {
    return this.page.locator('table.table tbody tr').count();
  }

  /** The first cell that names each row. */
  async names() {
    return (await this.page.locator('table.table tbody td.cell-main a').allTextContents()).map((name) => name.trim());
  }

  async assertNames(expected) {
    await this.assertSoon(() => this.names(), expected);
  }

  /** What is read is this in the end, as answers to what was done come late. */
  async assertSoon(read, expected) {
    let found;
    await until('it', async () => {
      found = await read();
      return JSON.stringify(found) === JSON.stringify(expected);
    }).catch(() => {});
    assert.deepEqual(found, expected);
  }

  async sortBy(name) {
    // A list that changes while its menu is open may take that with it.
    await this.visitor.ready();
    const picker = this.page.locator('details.picker').filter({ hasText: 'Sort' });
    await picker.locator('summary').click();
    await picker.getByRole('link', { name, exact: true }).click();
  }

  async filter(text) {
    const field = this.page.locator('main input[name=filter]');
    await field.fill(text);
    if (!this.visitor.scripts) await field.press('Enter');
    await this.page.waitForURL((url) => (url.searchParams.get('filter') ?? '') === text);
  }
}
