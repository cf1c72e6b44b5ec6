import { Page } from './page.mjs';

/** `/password`. */
export class PasswordPage extends Page {
  async type(password, again = password) {
    await this.page.getByLabel('New password', { exact: true }).fill(password);
    await this.page.getByLabel('Repeat the password', { exact: true }).fill(again);
  }

  /** The rules that are ticked. */
  async met() {
    return (await this.page.locator('.rule-met').allTextContents()).map((text) => text.replace(/met$/, '').trim());
  }

  save() {
    return this.page.getByRole('button', { name: 'Save and open the console' }).click();
  }
}
