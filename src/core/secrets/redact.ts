/**
 * Takes secrets out of text that is kept or shown (audit log, reasons, reports): known token formats, `key=value` pairs
 * whose key says secret, credentials in URLs and headers, private keys. Linear; errs on the side of redacting.
 */
import { formatsIn } from './candidates.ts';

const mark = '[redacted]';

const tokens: readonly RegExp[] = [
  /-----BEGIN [A-Z ]{0,40}PRIVATE KEY-----[\s\S]{0,10000}?(?:-----END [A-Z ]{0,40}PRIVATE KEY-----|$)/g,
  /\b(?:AKIA|ASIA|AGPA|AIDA|AROA|ANPA)[0-9A-Z]{16}\b/g,
  /\bgh[pousr]_[A-Za-z0-9]{20,255}\b|\bgithub_pat_[A-Za-z0-9_]{20,255}\b/g,
  /\bgl(?:pat|dt|rt|ft|cbt|ptt|soat)-[\w-]{16,255}\b/g,
  /\bxox[abeoprs]-[\w-]{10,255}|\bxapp-[\w-]{10,255}/g,
  /\bsk-(?:ant-|proj-|or-|svcacct-)?[\w-]{16,255}\b/g,
  /\b(?:sk|rk|pk)_(?:live|test)_[A-Za-z0-9]{10,255}\b|\bwhsec_[A-Za-z0-9+/=]{16,255}/g,
  /\bAIza[\w-]{35}/g,
  /\bya29\.[\w.-]{20,2000}/g,
  /\b(?:npm_[A-Za-z0-9]{30,255}|pypi-[\w-]{40,255}|rubygems_[a-f0-9]{40,64}|dop_v1_[a-f0-9]{40,80}|hf_[A-Za-z0-9]{20,80})\b/g,
  /\b(?:hvs|hvb|s)\.[A-Za-z0-9_-]{24,300}\b/g,
  /\bSG\.[\w-]{16,64}\.[\w-]{16,64}\b/g,
  /\bdapi[a-f0-9]{32}\b|\bkey-[a-f0-9]{32}\b|\bglsa_[\w-]{20,64}\b|\bATATT3[\w=-]{50,300}/g,
  /\beyJ[\w-]{10,2000}\.eyJ[\w-]{10,4000}\.[\w-]{0,2000}/g,
  /\bAGE-SECRET-KEY-1[0-9A-Z]{20,80}/g,
  /https:\/\/hooks\.slack\.com\/(?:services|workflows)\/[\w/-]{10,200}/g,
];

/** What precedes a secret: the text up to and including the separator stays. */
const pairs: readonly RegExp[] = [
  /(\b[\w.-]{0,60}(?:password|passwd|pwd|passphrase|secret|token|api[_-]?key|apikey|access[_-]?key|private[_-]?key|client[_-]?secret|auth[_-]?key|credential|encryption[_-]?key|account[_-]?key|connection[_-]?string)s?\b["']?\s{0,4}(?:=>|:=|[:=])\s{0,4})(?:"[^"\n]{1,4000}"|'[^'\n]{1,4000}'|[^\s"'&;,|<>)}\]]{3,4000})/gi,
  /(--?(?:[\w-]{0,40}(?:password|passwd|passphrase|secret|token|api-key|apikey|access-key|auth-token|secret-string|private-key))(?:\s{1,4}|=))(?:"[^"\n]{1,4000}"|'[^'\n]{1,4000}'|[^\s"'-][^\s"']{0,4000})/gi,
  /(\b(?:authorization|proxy-authorization|x-api-key|x-auth-token|x-vault-token|private-token|cookie|set-cookie)["']?\s{0,4}[:=]\s{0,4}(?:(?:bearer|basic|token|digest)\s{1,4})?)[^\s"'\n]{4,4000}/gi,
  /(\bbearer\s{1,4})[\w.~+/=-]{12,4000}/gi,
  /(\b[a-z][a-z0-9+.-]{1,20}:\/\/[^\s:@/"']{0,200}:)[^\s@/"']{1,500}(?=@)/gi,
  /(\s-u\s{0,4}["']?[\w.@+-]{1,100}:)[^\s"']{2,500}/g,
  /(\bsshpass\s{1,4}-p\s{0,4})(?:"[^"\n]{1,400}"|'[^'\n]{1,400}'|[^\s"']{1,400})/g,
  /(\bmysql(?:dump|admin)?\b[^\n|;&]{0,200}\s-p)(?:"[^"\n]{1,400}"|'[^'\n]{1,400}'|[^\s"'-][^\s"']{0,400})/g,
];

/** Longer texts are cut before they are searched: what is kept is short anyway. */
const limit = 64 * 1024;

/** The text with secrets replaced by `[redacted]`. */
export function redact(text: string): string {
  let out = text.length > limit ? `${text.slice(0, limit)} [cut]` : text;
  for (const pattern of tokens) out = out.replace(pattern, mark);
  for (const [, pattern] of formatsIn(out)) out = out.replace(pattern, mark);
  for (const pattern of pairs) out = out.replace(pattern, (_, lead: string) => lead + mark);
  return out;
}

/** A command line for the audit log: redacted, one line, at most 2,000 characters. */
export function redactCommand(command: string): string {
  const one = redact(command)
    .replace(/\s*\n\s*/g, ' ⏎ ')
    .replace(/[\p{Cc}\p{Cf}]/gu, '?');
  return one.length > 2000 ? `${one.slice(0, 2000)} [cut]` : one;
}
