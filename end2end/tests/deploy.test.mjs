// The manifests of docs/deploy, looked at by what knows their schemas.

import { describe, test } from 'node:test';
import { missing, must } from '../harness/process.mjs';
import { program } from '../harness/python.mjs';

const MANIFESTS = new URL('../../docs/deploy/kubernetes.yaml', import.meta.url).pathname;
const VALIDATE = program('kubernetes-validate');

describe('Kubernetes', { skip: await missing(VALIDATE) }, () => {
  // The oldest that the documentation names, and the newest that is known here.
  for (const version of ['1.30', '1.37']) {
    test(`knows the manifests, ${version}`, () => must(VALIDATE, ['--strict', '-k', version, MANIFESTS]));
  }
});
