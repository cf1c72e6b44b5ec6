import { Page } from './page.mjs';

/** `/projects`. */
export class ProjectsPage extends Page {
  open(query = '') {
    return this.visitor.open(`/projects${query}`);
  }
}

/** `/projects/new`. */
export class NewProjectPage extends Page {
  open() {
    return this.visitor.open('/projects/new');
  }

  /** What is said about the name in the field. */
  known() {
    return this.page.locator('#name-known');
  }

  async fill({ name, access = 'Private', description = '' }) {
    await this.page.getByLabel('Name', { exact: true }).fill(name);
    await this.page.getByRole('radio', { name: access }).check();
    await this.page.locator('#description').fill(description);
  }

  create(name) {
    return this.go(this.page.getByRole('button', { name: 'Create project' }), `/projects/${name}`);
  }
}
