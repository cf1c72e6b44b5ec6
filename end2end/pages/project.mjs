import { Page } from './page.mjs';

/** `/projects/{project}`. */
export class ProjectPage extends Page {
  open(name, query = '') {
    return this.visitor.open(`/projects/${name}${query}`);
  }

  waiting() {
    return this.page.getByText(this.visitor.scripts ? 'Waiting for the first push' : 'Reload this page after the first push');
  }

  row(repository) {
    return this.page.locator('table.table tbody tr').filter({ has: this.page.getByRole('link', { name: repository, exact: true }) });
  }

  async openSettings(name) {
    await this.go(this.page.locator('.tabs').getByRole('link', { name: 'Settings' }), `/projects/${name}?tab=settings`);
  }

  async save({ access, description }) {
    if (access) await this.page.getByRole('radio', { name: access }).check();
    if (description !== undefined) await this.page.locator('#description').fill(description);
    // What is told in passing may be gone again before a click has come to its end.
    await Promise.all([
      this.page.getByText('The settings were saved.').first().waitFor(),
      this.page.getByRole('button', { name: 'Save', exact: true }).click(),
    ]);
  }

  async askToDelete(name) {
    await this.go(this.page.getByRole('link', { name: 'Delete project…' }), `/projects/${name}?tab=settings&delete=1`);
    await this.dialog().waitFor();
  }

  async confirmDeletion(typed) {
    await this.dialog().getByLabel('Name of the project').fill(typed);
    await this.dialog().getByRole('button', { name: 'Delete project', exact: true }).click();
  }
}
