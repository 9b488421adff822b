/** All export formats, in the order of the quick pick and of `--format`. */
import { agentTrace } from './agentTrace.ts';
import { csv } from './csv.ts';
import { html } from './html.ts';
import { inToto } from './inToto.ts';
import { jsonl } from './jsonl.ts';
import { markdown } from './markdown.ts';
import type { Exporter } from './model.ts';
import { sarif } from './sarif.ts';

export const exporters: readonly Exporter[] = [jsonl, csv, markdown, html, sarif, agentTrace, inToto];
