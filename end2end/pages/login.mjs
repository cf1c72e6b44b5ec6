import { Page } from './page.mjs';

/** `/login`. */
export class LoginPage extends Page {
  async open(next) {
    return this.visitor.open(next ? `/login?next=${encodeURIComponent(next)}` : '/login');
  }

  name() {
    return this.page.getByLabel('Name', { exact: true });
  }

  async signIn(user, password, leadsTo = '/') {
    await this.name().fill(user);
    await this.page.getByLabel('Password', { exact: true }).fill(password);
    await this.page.locator('main form button[type=submit]').click();
    if (leadsTo) await this.assertAt(leadsTo);
  }
}
