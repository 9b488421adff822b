import type { Source } from '../languages/source.ts';
import { wentWithItsCode, wentWithItsMethod } from './kit/goneAlong.ts';
import {
  comparedAnew,
  isBuiltInstead,
  isOfBrowser,
  isSibling,
  limitedAnew,
  loosens,
  renamed,
  roleInstead,
  tookItsPlace,
} from './kit/guardedAnew.ts';
import { codeLanguages, type Rule } from './rule.ts';

/** Names that stand for a check at the door of an operation. */
export const guards =
  /(?:@|\b)(?:login_required|permission_required|user_passes_test|staff_member_required|require_login|requires_auth|auth_required|jwt_required|token_required|requires_csrf_token|csrf_protect|method_decorator\(login_required|IsAuthenticated|IsAdminUser|permission_classes|authentication_classes|PreAuthorize|PostAuthorize|Secured|RolesAllowed|Authorize|ValidateAntiForgeryToken|AutoValidateAntiforgeryToken|RequireHttps|before_action\s+:authenticate\w*|authenticate_user!|authenticate!|load_and_authorize_resource|authorize_resource|verify_authenticity_token|protect_from_forgery|requireAuth\w*|isAuthenticated|ensureAuthenticated|ensureLoggedIn|isAdmin|requireAdmin|requireRole\w*|requirePermission\w*|checkPermission\w*|checkAuth\w*|hasPermission|hasRole|hasAuthority|verifyToken|verifyJwt|authenticateToken|authMiddleware|authenticate|authorize|authGuard|AuthGuard|RolesGuard|UseGuards|passport\.authenticate|csrfProtection|csurf|lusca|helmet|rateLimit\w*|rateLimiter|RateLimit|limiter|slowDown|ratelimit|Throttle\w*|throttle_classes|verifySignature|verify_signature|validateSignature|timingSafeEqual|compare_digest|constantTimeCompare|ConstantTimeCompare|hmac\.Equal|escapeHtml|sanitizeHtml|DOMPurify\.sanitize|bleach\.clean|html\.escape|htmlspecialchars|shlex\.quote|escapeshellarg|secure_filename|validateInput|validate_csrf|RequirePermission|RequireRole|RequireAuth|MustAuth|withAuth|protectedProcedure|auditLog|audit_log|AuditLog|logAudit|SecureRandom|is_safe_url|url_has_allowed_host_and_scheme|path\.basename|filepath\.Clean|realpath|assertSafePath)\b/g;

/**
 * What a line must hold for `guards` to find something. Compiling that takes longer than all else that a commit of a few
 * lines asks of the rules, and few lines need it. A test holds the two together.
 */
export const likeGuards =
  /auth|before_action|logged|login|permission|require|passes_test|csrf|csurf|admin|secure|role|forgery|protect|verify|guard|lusca|helmet|limit|slowdown|throttle|signature|safe|digest|constanttime|equal|escape|saniti|purify|bleach|specialchars|quote|validate|audit|allowed|basename|clean|realpath/i;

/** Names that ask who somebody is, and stop nobody by themselves. */
const asksAboutUser = /^(?:isadmin|hasrole|haspermission|hasauthority|isauthenticated)$/;

const escapes = /^(?:escapehtml|sanitizehtml|dompurify\.sanitize)$/;
const isScript = /^(?:javascript|typescript|tsx)$/;

export const safeguardRemoved: Rule = {
  id: 'safeguard-removed',
  title: 'A security check was taken out',
  tier: 'critical',
  category: 'removed-safeguard',
  languages: codeLanguages,
  references: ['CWE-306', 'CWE-862', 'CWE-693', 'OWASP A01:2021', 'OWASP LLM06:2025'],
  why: 'Authentication, authorisation, request limits, signature checks and escaping are noticed by nobody when they are missing: everything still works, for everyone.',
  remedy: 'put it back, or say where the check is made now',
  keywords: [],
  on: 'removed',
  perLine: true,
  goneAlone(found, change) {
    const { key, line } = found;
    const { before, after, isExcerpt } = change;
    if (wentWithItsCode(change, line) || limitedAnew(key, change)) return false;
    if (isExcerpt) return true;
    if (isSibling(key, change, line) || isBuiltInstead(key, change, line)) return false;
    if (renamed(key, change, line)) return false;
    const compares = key === 'filepath.clean' ? comparedAnew(change, line) : undefined;
    if (compares !== undefined) {
      const message = `'filepath.Clean' made a path ready to be compared, and '${compares.slice(0, 40)}' does now: be sure that it cleans as much.`;
      return { ...found, tier: 'low', message };
    }
    if (escapes.test(key) && isScript.test(before.language) && wentWithItsMethod(key, change, line)) {
      const called = /^'[^']{1,60}'/.exec(found.message ?? '')?.[0] ?? `'${key.slice(0, 40)}'`;
      const message = `${called} went with the function that called it: be sure that what shows those values now escapes them.`;
      return { ...found, tier: 'low', message };
    }
    if (asksAboutUser.test(key) && isOfBrowser(before) && isOfBrowser(after)) {
      const role = roleInstead(change, line);
      const said = role === undefined ? 'was taken out' : `was replaced by '${role.slice(0, 40)}'`;
      const message = `'${key.slice(0, 40)}' ${said} in what a user is shown: be sure that the server decides.`;
      return { ...found, tier: 'medium', message };
    }
    const instead = tookItsPlace(change, line);
    if (instead === undefined) return true;
    const message = `'${key.slice(0, 40)}' gave way to '${instead.slice(0, 40)}': be sure that it checks as much.`;
    // Not below "high": a name is soon made up.
    return { ...found, tier: 'high', message };
  },
  check(source, report) {
    let comments: readonly Span[] | undefined;
    let texts: readonly Span[] | undefined;
    for (const at of source.changedAt) {
      const line = source.lines[at]!;
      if (!likeGuards.test(line)) continue;
      for (const m of line.matchAll(guards)) {
        const start = source.starts[at]! + m.index;
        // Nor is what a comment or a text says about it.
        comments ??= source.tokens.filter((t) => t.kind === 'comment' || (t.kind === 'str' && !t.dynamic));
        if (comments.some((t) => t.start <= start && start < t.end)) continue;
        texts ??= source.tokens.filter((t) => t.kind === 'str' && t.dynamic);
        if (isSaid(source.text, start, start + m[0].length, texts)) continue;
        // Imports and definitions are not the check itself.
        if (
          /^\s*(?:import\b|from\b|using\b|require|export\s*\{|const\s+\{[^}]{0,400}\}\s*=\s*require|(?:export\s+)?(?:async\s+)?(?:function|def|func|class|interface|type)\b|#include|\*)/.test(
            line,
          ) ||
          // … whatever stands before them.
          (/^\s*(?:(?:public|private|protected|internal|static|abstract|final|virtual|override|async)\s+)+(?:function\s+|[\w<>[\],.?]+\s+)$/.test(
            line.slice(0, m.index),
          ) &&
            line[m.index + m[0].length] === '(') ||
          // Who takes out an exemption guards more than before.
          /^\s*(?:skip_\w+\b|@?\w*(?:exempt|AllowAnonymous)\w*)/.test(line) ||
          // Who takes out what clears or skips a limit makes it stricter; nor does it limit to read what one is at.
          loosens(line.slice(m.index + m[0].length, m.index + m[0].length + 120)) ||
          // Where somebody may hand in what is to be called, nothing is limited.
          (/^rate_?limit\w/i.test(m[0]) && isHandedIn(line.slice(m.index + m[0].length))) ||
          // What a limiter answered, and what is said about it, is not the limit; nor is a payment a right.
          /^rate_?limit\w*(?:results?|headers?|messages?|info|status|remaining|reset|window|tiers?)$/i.test(m[0]) ||
          // The name of a page or a permission (`PageId.audit_log,`), and what shows the log, are not who writes it.
          (/^audit_?log$/i.test(m[0]) &&
            (/[A-Z]\w*\.$|<\/?$/.test(line.slice(0, m.index)) || /^["'`]/.test(line.slice(m.index + m[0].length))) &&
            !/^\s{0,4}(?:\?\.|[.({!]|->|::)/.test(line.slice(m.index + m[0].length))) ||
          // To note what somebody is, for the page to show, stops nobody, nor does the type of what is noted.
          (/^isAdmin$/.test(m[0]) && /^\??\s?:\s?boolean\b/.test(line.slice(m.index + m[0].length))) ||
          (/^isAdmin$/.test(m[0]) && /^\s*(?:\w+\.)?isAdmin\s*=(?!=)/.test(line)) ||
          (m[0] === 'authorize' && /(?:gateway|payment\w*|provider)(?:->|\.)$/i.test(line.slice(0, m.index))) ||
          /require\(['"]/.test(line) ||
          (/^\s*(?:type\s+)?\w+,?\s*$/.test(line) && isImported(source, at))
        )
          continue;
        const name = m[0].replace(/^@/, '').replace(/\s+/g, ' ').toLowerCase();
        report({
          start,
          end: start + m[0].length,
          key: name,
          ...(/realpath|basename|clean$|audit|securerandom|escape|sanitize|purify|limit|throttle|slowdown|helmet|lusca/.test(
            name,
          )
            ? { tier: 'high' as const }
            : {}),
          message: `'${m[0].slice(0, 40)}' was taken out: put the check back, or say where it is made now.`,
        });
      }
    }
  },
};

interface Span {
  readonly start: number;
  readonly end: number;
}

/** Whether the offset is in what a text with values in it says by itself: `$"{Url}authenticate"`. */
function isSaid(text: string, at: number, end: number, texts: readonly Span[]): boolean {
  const own = texts.findLast((t) => t.start <= at && at < t.end);
  if (!own) return false;
  // Code that a program writes, or a name that is no word of a sentence and stands as in code.
  const behind = /^\s*(\S)/.exec(text.slice(end, end + 20))?.[1] ?? '';
  if (behind === '(' || (/[a-z][A-Z]|_/.test(text.slice(at, end)) && /[),;]/.test(behind))) return false;
  // What a schema or a query is marked with: `@authorize(role: ADMIN)`.
  if (text[at] === '@' || text[at - 1] === '@') return false;
  // A command, or a value, in its language's own way: `"$(verify)"`, `"\(verify())"`, `"$user->verify"`.
  if (/\$\(|\\\(|`|[$@]\w{0,60}(?:(?:->|\.)\w{0,60})?$/.test(text.slice(own.start + 1, at))) return false;
  let depth = 0;
  for (let i = own.start; i < at; i++)
    if (text[i] === '{') depth++;
    else if (text[i] === '}') depth = Math.max(0, depth - 1);
  return depth === 0;
}

/** Whether a type of functions stands behind the name, as behind a parameter or a field, and no function. */
const isHandedIn = (behind: string): boolean =>
  /^\s+func\([^(){}]{0,120}\)[^(){}]{0,40},?\s*$|^\??\s*:\s*\([^(){}]{0,120}\)\s*=>\s*(?:void|Promise<[\w<>]{1,40}>|boolean|unknown)\s*[;,]?\s*$/.test(
    behind,
  );

/** A name in a list of imports that goes over several lines. */
function isImported({ lines }: Source, at: number): boolean {
  for (let i = at - 1; i >= 0 && i > at - 60; i--) {
    const line = lines[i] ?? '';
    if (/^\s*(?:import|from|export)\b/.test(line)) return true;
    if (!/^\s*(?:type\s+)?\w+(?:\s+as\s+\w+)?,?\s*$/.test(line)) return false;
  }
  return false;
}
