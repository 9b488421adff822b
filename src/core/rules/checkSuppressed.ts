import type { Source } from '../languages/source.ts';
import type { Rule } from './rule.ts';

const suppressions =
  /(?:#|\/\/|--|\/\*|<!--|;)\s*(?:nosec\b|#nosec\b|nosemgrep\b|NOSONAR\b|checkov:skip|tfsec:ignore|trivy:ignore|kics-scan ignore|gitleaks:allow|nolint:\s*gosec|lgtm\s*\[|zizmor:\s*ignore|secretlint-disable|pragma:\s*allowlist secret|squawk-ignore|hadolint ignore=[^\n]{0,200}\bDL300[24]\b|cfn_nag|codeql\[)[^\n]{0,400}/g;

export const checkSuppressed: Rule = {
  id: 'check-suppressed',
  title: 'A security scanner is told to look away',
  tier: 'medium',
  category: 'removed-safeguard',
  languages: [],
  references: ['CWE-693', 'OWASP LLM06:2025'],
  why: 'The comment silences a tool for this line from now on; it is right only when a person has judged the finding.',
  remedy: 'fix the finding, or have a person add the reason',
  once: true,
  keywords: ['nosec', 'nosemgrep', 'nosonar', 'skip', 'ignore', 'allow', 'lgtm', 'nolint'],
  check(source, report) {
    // Prose tells how it is done.
    if (source.language === 'markdown') return;
    let last = { line: -1, own: '' };
    const all = [...source.text.matchAll(suppressions)].map((m) => ({
      index: m.index,
      text: m[0],
      line: source.lineAt(m.index),
    }));
    for (const [i, { index, text, line }] of all.entries()) {
      const isTwin = (other: (typeof all)[number] | undefined): boolean =>
        other !== undefined &&
        Math.abs(other.line - line) <= 2 &&
        !/^\s*\}/.test(source.lines[Math.max(line, other.line) - 2] ?? '') &&
        tellsOf(text, other.text);
      // What two scanners call by two names is one thing, where one reason speaks of both.
      const twin = [all[i - 1], all[i + 1]].find(isTwin);
      const own = subjectOf(text);
      const key = twin ? subjectOf(twin.text) : own;
      // The same on each line of a list was decided once.
      const isRepeat = line - last.line <= 1 && own === last.own;
      last = { line, own };
      if (isRepeat) continue;
      const isStyle = isOfStyle(text);
      const who = text.includes('squawk-ignore')
        ? 'The linter of migrations'
        : isStyle
          ? 'A checker of style'
          : 'A security scanner';
      const isExplained =
        twin !== undefined ||
        text.trim().length > key.length + 8 ||
        hasSentence(text) ||
        (/^\s*(?:\/\/|#|--|\*)\s*\S/.test(source.lines[line - 2] ?? '') && all[i - 1]?.line !== line - 1) ||
        isToldAbove(source.lines, line);
      // Why code is written as it is, is for its readers.
      if (
        isStyle &&
        /^(?:javascript|typescript|tsx)$/.test(source.language) &&
        hasSentence(text.replace(/^[^)]*\)\W*/, ':'))
      )
        continue;
      const isOfLogs = isLogBucket(source, line, text);
      report({
        start: index,
        end: index + text.length,
        ...((isStyle ||
          isOfFixedText(source, index) ||
          isJudged(text) ||
          isOfLogs ||
          isBounded(source, index, text)) && {
          tier: 'low' as const,
        }),
        message: isOfLogs
          ? `${who} is told that a bucket for logs keeps none of its own: be sure that nothing else is stored there.`
          : isExplained
            ? `${who} is told to look away: have a person confirm the reason that is given.`
            : `${who} is told to look away: fix what it found, or have a person add the reason.`,
        key,
      });
    }
  },
};

/** What opens a block of statements, and not a list, an object or a resource. */
const ofStatements =
  /\b(?:func|function|def|fn|fun|class|struct|interface|if|for|while|switch|try|do|else)\b|=>\s*\{\s*$|\)[^(){}]{0,80}\{\s*$/;

/** A sentence above the block that a line stands in, which is no note of what is still to do and names no other marker. */
function isToldAbove(lines: readonly string[], line: number): boolean {
  const indent = (text: string): number => text.length - text.trimStart().length;
  const own = indent(lines[line - 1] ?? '');
  for (let n = line - 1; own > 0 && n > Math.max(1, line - 40); n--) {
    const text = lines[n - 1]!;
    if (text.trim() === '' || indent(text) >= own) continue;
    const above = /^\s*(?:#|\/\/)\s*(\S[^\n]{0,300})$/.exec(lines[n - 2] ?? '')?.[1] ?? '';
    return (
      /[{[]\s*$/.test(text) &&
      // What a function is for is no reason for one of its lines.
      !ofStatements.test(text) &&
      /^(?:[\w'’,().-]+\s+){3}[\w(]/.test(above) &&
      !/\b(?:TODO|FIXME|XXX|nosec|ignore|skip|nolint)\b/i.test(above)
    );
  }
  return false;
}

/** Whether the one check left out asks for the log of a bucket that the file itself sends logs to: it would log itself. */
function isLogBucket(source: Source, line: number, comment: string): boolean {
  if (
    source.language !== 'terraform' ||
    !/^(?:#|\/\/)\s*(?:(?:tfsec|trivy):ignore:(?:aws-s3-enable-bucket-logging|avd-aws-0089)|checkov:skip=CKV_AWS_18)(?![\w-])/i.test(
      comment,
    ) ||
    /(?:ignore|skip)[:=][^]*(?:ignore|skip)[:=]/i.test(comment)
  )
    return false;
  const head = [line, line + 1, line - 1].map((n) => source.lines[n - 1] ?? '').join('\n');
  const name = /^resource\s+"aws_s3_bucket"\s+"([\w-]{1,100})"\s*\{/m.exec(head)?.[1];
  return (
    name !== undefined &&
    source.has(new RegExp(`^[ \\t]*target_bucket\\s*=\\s*aws_s3_bucket\\.${name}\\.(?:id|bucket)\\b`, 'm'))
  );
}

/** Whether the number that is made shorter, and may be too large for that by gosec, is kept small in the same breath. */
function isBounded(source: Source, comment: number, text: string): boolean {
  if (source.language !== 'go' || !/^\/\/\s?nolint:\s?gosec(?:\s|$)/.test(text)) return false;
  const code = (source.lines[source.lineAt(comment) - 1] ?? '').split('//', 1)[0]!;
  const bounded =
    /\b(u?int(8|16|32|64)?)\((?:min\([\w.]{1,60}, math\.Max(\w{1,10})\)|[\w.]{1,60}\s?&\s?0x([\da-fA-F]{1,16}))\)/;
  const [, type = '', bits = '32', max, mask = ''] = bounded.exec(code) ?? [];
  if (type === '' || code.replace(bounded, '').includes('(')) return false;
  // A limit that is larger than the type holds is none.
  return max === undefined ? mask.replace(/^0+/, '').length * 4 <= Number(bits) : max.toLowerCase() === type;
}

/**
 * Whether the comment stands at a call that marks a text as safe markup, the only call of its line, and the text is written
 * out: nothing from elsewhere can be in it.
 */
function isOfFixedText(source: Source, comment: number): boolean {
  if (source.language !== 'python') return false;
  const { tokens, text, lines } = source;
  const line = source.lineAt(comment);
  if (/\b(?!mark_safe|SafeString|Markup)\w+\s*\(/.test((lines[line - 1] ?? '').split('#')[0]!)) return false;
  const at = tokens.findIndex((t) => t.end > comment);
  for (let i = at; i >= 0 && i > at - 60; i--) {
    if (
      tokens[i]!.kind !== 'id' ||
      !/^(?:mark_safe|SafeString|Markup)$/.test(text.slice(tokens[i]!.start, tokens[i]!.end))
    )
      continue;
    let k = i + 1;
    if (text[tokens[k]?.start ?? 0] !== '(') return false;
    let texts = 0;
    for (k++; tokens[k]?.kind === 'str' || tokens[k]?.kind === 'comment'; k++) {
      if (tokens[k]!.kind === 'comment') continue;
      if (tokens[k]!.dynamic) return false;
      texts++;
    }
    if (text[tokens[k]?.start ?? 0] === ',') k++;
    while (tokens[k]?.kind === 'comment') k++;
    const close = tokens[k];
    if (texts === 0 || close === undefined || text[close.start] !== ')' || source.lineAt(close.start) < line)
      return false;
    do k++;
    while (tokens[k]?.kind === 'comment');
    // Values may be put in behind it.
    return !/^[.%[+]/.test(text.slice(tokens[k]?.start ?? text.length, (tokens[k]?.start ?? text.length) + 1));
  }
  return false;
}

/**
 * Rules of Sonar on how code reads and on what pages tell a screen reader; each by its number, for those of its neighbours
 * that look for holes stay.
 */
const ofStyle =
  /^(?:S(?:100|101|103|104|105|106|107|109|110|115|116|117|118|119|120|121|122|125|134|138|139|1066|1067|1068|1110|1117|1118|1119|1121|1124|1125|1126|1128|1131|1134|1135|1141|1142|1144|1172|1186|1192|1199|1301|1440|1451|1481|1541|1542|1854|1871|2004|2094|2933|3358|3776|3863|4138|4144|4325|4624|6324|6440|6477|6478|6479|6481|6582|6594|6606|6747|6749|6754|6756|6757|6759|6767|6770|6772|6774|6775|6788|6789|6790|6791|6807|6811|6819|6821|6822|6823|6824|6825|6827|6836|6840|6841|6842|6843|6844|6845|6846|6847|6848|6850|6851|6852|6853))$/;

/** Whether all rules that a NOSONAR names are about style. */
function isOfStyle(comment: string): boolean {
  const named = /^(?:#|\/\/|\/\*)\s*NOSONAR\s{0,4}\(([^()\n]{1,200})\)\s{0,4}(?=$|[:–—-]|\*\/)/.exec(comment);
  const list = named?.[1];
  // Another marker, or another rule, behind it.
  if (
    /\bno(?:sec|semgrep|sonar|lint)\b|\bS\d{3,5}\b|lgtm|codeql|checkov|tfsec|trivy|gitleaks/i.test(
      comment.slice(named?.[0].length ?? 0),
    )
  )
    return false;
  return list?.split(',').every((id) => ofStyle.test(id.trim().replace(/^[a-z]{1,20}:/, ''))) === true;
}

/** Five words or more behind a colon are a reason, whatever it is worth. */
const hasSentence = (comment: string): boolean => /:\s{0,4}(?:[\w'’,<>-]+\s+){4}[\w<]/.test(comment);

/** Numbers of what lets a stranger in where the sentence is wrong: code, commands, SQL or markup of others, and no check of TLS. */
const grave = /\b(?:B(?:102|30[127]|50[12567]|60[24589]|70[123])|G(?:10[16]|20[1-4]|402))\b/;

/** Whether the one rule that is left out is named by its number, and a sentence tells why. */
const isJudged = (comment: string): boolean =>
  !grave.test(comment) &&
  /^\W{0,4}(?:nosec|nolint:\s?gosec)\b\s*(?:\/\/|--|#|:)?\s*[BG]\d{3}\b(?!\s*,)/.test(comment) &&
  /[BG]\d{3}\b\W{1,6}(?:[\w'’,.()/-]+\s+){3}[\w(]/.test(comment);

/** What a scanner of infrastructure calls the one check it leaves out, and the reason behind it. */
const named =
  /^(?:#|\/\/)\s*(checkov:skip|tfsec:ignore|trivy:ignore|kics-scan ignore)\W{0,3}([\w-]{1,100})(?:\s*[:#]\s*["']?([^\n"']{12,300}))?["']?\s*$/;

/** Words of every second check. */
const common = /^(?:enable|bucket|policy|resour|instan|cluste|servic|databa|securi|specif|defaul|requir|config)/;

/** Whether the reason that another scanner is given, and none is given here, speaks of this check by a word of its name. */
function tellsOf(bare: string, explained: string): boolean {
  const [, scanner, id = '', own] = named.exec(bare) ?? [];
  const [, other, , reason] = named.exec(explained) ?? [];
  if (scanner === undefined || own !== undefined || reason === undefined || other === scanner) return false;
  const stems = (text: string): string[] =>
    (text.toLowerCase().match(/[a-z]{6,40}/g) ?? []).filter((w) => !common.test(w)).map((w) => w.slice(0, 6));
  const said = new Set(stems(reason));
  return stems(id).some((stem) => said.has(stem));
}

/** What is silenced, not how it is explained. */
const subjectOf = (comment: string): string =>
  comment
    .replace(/(?:\s+(?:\/\/|--|#|-|because|:)\s.*|\s*\*\/.*|\s*-->.*)$/s, '')
    .slice(0, 60)
    .trim();
