/** The registry of report formats. */
import { github } from './github.ts';
import { json } from './json.ts';
import type { Report } from './report.ts';
import { sarif } from './sarif.ts';
import { text } from './text.ts';

export const reports: readonly Report[] = [text, json, sarif, github];
