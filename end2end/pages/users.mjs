import { Page } from './page.mjs';

/** `/admin/users`. */
export class UsersPage extends Page {
  open(query = '') {
    return this.visitor.open(`/admin/users${query}`);
  }

  row(name) {
    return this.page.locator('table.table tbody tr').filter({ hasText: name });
  }

  /** Fills the open form in and sends it. */
  async fillForm(name, { display = '' } = {}) {
    await this.dialog().locator('#username').fill(name);
    await this.dialog().locator('#display_name').fill(display);
    await this.dialog().getByRole('button', { name: 'Create one-time link' }).click();
  }

  /** Adds a person; their link. */
  async add(name, options) {
    await this.page.getByRole('link', { name: 'Add person' }).first().click();
    await this.dialog().waitFor();
    await this.fillForm(name, options);
    const link = this.dialog().locator('.secret-text');
    await link.waitFor();
    await this.dialog().getByRole('heading', { name: 'One-time link', exact: true }).waitFor();
    return link.textContent();
  }

  async close() {
    await this.dialog().getByRole('link', { name: 'Done' }).click();
    await this.dialog().waitFor({ state: 'detached' });
  }

  async assertState(name, state) {
    await this.row(name).getByText(state, { exact: true }).waitFor();
  }

  /** Opens a person's menu, chooses an entry and confirms. */
  async change(name, entry, confirm) {
    await this.visitor.ready();
    await this.row(name).locator('details.menu summary').focus();
    await this.page.keyboard.press('Enter');
    await this.row(name).getByText(entry).click();
    await this.dialog().waitFor();
    await this.visitor.ready();
    await this.dialog().getByRole('button', { name: confirm, exact: true }).click();
    await this.dialog().waitFor({ state: 'detached' });
  }
}
