/** Secrets that a script hands on or shows. */
import type { Tier } from '../../../model.ts';
import { formAt } from '../commandForm.ts';
import type { Standing, Weight } from './standing.ts';

const goesOut =
  /\b(?:curl|wget|nc|ncat|socat|scp|sftp|rsync|ssh|mail|sendmail|aws|gsutil|gh|base64|tee)\b|\/dev\/(?:tcp|udp)\//;
/** Folders that a server hands out as they are. */
const toPublic = /(?:^|[\s/"'])(?:public(?:_html)?|static|www(?:root)?|htdocs|html|webroot|dist|assets)(?=[/"'\s]|$)/;
/** Folders that some tools build into, or read as sources, and others hand out. */
const maybePublic = /(?:^|[\s/"'])(?:out|build|docs|_?site|web|artifacts?)(?=[/"'\s]|$)|\s["']?\/tmp(?=[/"'\s]|$)/;
const loads = /^(?:\w{1,80}=\S*\s+)*(?:(?:npx|pnpm(?: exec)?|yarn)\s+)?(?:dotenvx?|env-cmd)\s/;
const handsOn =
  /^(?:sudo\s+)?(?:cp|ln|mv|source|\.|(?:if\s+)?(?:!\s+)?grep\s+-\w*q|(?:IFS=\S*\s+)?read)\s[^;&|]{0,300}(?:\|\|\s*\w{1,40})?$/;

/** Folders of a home that others see, or that are copied elsewhere. */
const shares = /\/(?:public|dropbox|onedrive|google\s?drive|nextcloud|sync|shared?)(?=[/"'\s]|$)/i;

/** A copy in the home of the one who may read it already, for nobody else. */
const keepsToOwner =
  /^install\s+(?:-D\s+)?-(?:m\s*|-mode=)0?[46]00\s+(?:-D\s+)?["']?[\w./${}-]{1,200}["']?\s+["']?(?:~|\$HOME|\$\{HOME\})\/(?!\S{0,200}\.\.)[\w./-]{1,200}["']?$/;

/** Secrets that are only handed on to where they belong are not shown. `file` = what holds them, if it is one. */
export function shown(text: string, file: string, tier: Tier, standing: Standing): Weight {
  if (/\.(?:example|sample|template|tmpl|dist|tpl)$/.test(file)) return undefined;
  // A person's own are nobody's to hand on.
  if (goesOut.test(text) || /~|\.ssh|\.aws|\.kube|\.gnupg|shadow|\/root\/|\/home\/|HOME/.test(file)) return tier;
  if (keepsToOwner.test(text)) return toPublic.test(text) || shares.test(text) ? tier : undefined;
  if (loads.test(text))
    return /\bnode\s+-[ep]\b|\bpython3?\s+-c\b|\b(?:ruby|perl|php|deno|bun)\s(?:[^;&|]*\s)?(?:-[er]|eval)\b|(?<![\w./-])(?:echo|printf|env|printenv|cat|set)(?![\w./-])|\s(?:-p|--debug)\s/.test(
      text,
    )
      ? tier
      : undefined;
  if (toPublic.test(text) && /^(?:sudo\s+)?(?:cp|ln|mv|cat|openssl|install)\s/.test(text)) return tier;
  if (handsOn.test(text)) return maybePublic.test(text) ? 'medium' : undefined;
  if (/^export\s+\$\((?:grep|cat)\s[^)]{1,200}\)["']?$/.test(text)) return undefined;
  if (/^openssl\s+\w+\s[^;&|]{0,600}\s-out\s/.test(text)) return undefined;
  if (/^(?:env|printenv)(?:\s*\|\s*sort)?$/.test(text)) return standing.isThrownAway ? 'medium' : 'low';
  if (isCopied(text, standing)) return 'medium';
  return tier;
}

/** Whether the command, or the block that it stands in, prints into a file and nowhere else. */
export function isCopied(text: string, { source, at }: Pick<Standing, 'source' | 'at'>): boolean {
  if (/^(?:cat|echo|printf)\s[^;&|]{0,400}\s>>?\s*["']?[\w$/.~{][^;&|]{0,200}$/.test(text)) return true;
  if (source.language !== 'shell' || !/^cat\s[^;&|<>]{1,400}$/.test(text)) return false;
  const sink = formAt(source.lines, source.lineAt(at) - 1, text).sinks[0];
  return (
    sink !== undefined && !toPublic.test(sink) && /^>>?\s*(?!["']?\/dev\/)["']?[\w$/.~{][^;&|()]{0,200}$/.test(sink)
  );
}
