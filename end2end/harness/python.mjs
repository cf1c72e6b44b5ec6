// Clients written in Python, from a virtual environment that `scripts/tools` makes.

import { homedir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { missing } from './process.mjs';

const ENVIRONMENT = process.env.SLIPWAY_PYTHON ?? join(homedir(), '.cache', 'slipway', 'python');

/** A program of the environment. */
export const program = (name) => join(ENVIRONMENT, 'bin', name);

/** The reason to skip, or `false`. */
export const missingPython = () => missing(program('python'), program('harbor'), program('st'));

/** What drives the API with harborapi. */
export const DRIVE = fileURLToPath(new URL('../python/drive.py', import.meta.url));

/** What does with the words of a `helm` line what Helm does. */
export const CHARTS = fileURLToPath(new URL('../python/charts.py', import.meta.url));

/** The same for `oras`. */
export const ARTIFACTS = fileURLToPath(new URL('../python/artifacts.py', import.meta.url));
