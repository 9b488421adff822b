/** Owners, rights and files of the system. */
import type { Tier } from '../../../model.ts';
import { lowered, type Standing, type Verdict, type Weight } from './standing.ts';
import { isMount } from './deletions.ts';
import { gifts } from './values.ts';

/** What decides who gets in or becomes root, and the places where all programs and settings lie. */
export const keystone =
  /\s["']?\/(?:(?:etc|usr|s?bin|lib|root|boot|usr\/(?:s?bin|lib)|usr\/local\/s?bin)?\/?(?=["'\s;]|$)|etc\/(?:g?shadow|passwd|sudoers|pam\.d|ssh|cron|ld\.so|crontab)|(?:usr\/)?bin\/(?:sudo|su|passwd|login|bash|sh)(?=["'\s;]|$))/;
/** Root without a password, or with one that stands in the file. */
const rootsPassword = /\bpasswd\s+(?:-\S+\s+)*(?:-\w*d|--delete)|\broot:|\bpasswd\b[^|;&]*\sroot(?=["'\s;]|$)/;

export function owned(verdict: Verdict, text: string, standing: Standing, isConfined: boolean): Weight {
  const { rule, tier, object: path = '', manner } = verdict;
  const isGrave = rule === 'password-change' ? rootsPassword.test(text) : keystone.test(text);
  if (isGrave && (!standing.isThrownAway || standing.source.language === 'dockerfile'))
    return isConfined ? (rule === 'password-change' ? lowered(tier) : 'medium') : tier;
  // With a person's account goes what is in its folder.
  if (rule === 'user-delete' && !isConfined && /\s(?:-\w*r\w*|--remove(?:-home)?)(?=\s|$)/.test(text))
    return lowered(tier);
  if (standing.source.language === 'dockerfile') return rule === 'password-change' ? 'medium' : undefined;
  if (standing.source.language === 'docker-compose') {
    const paths = text.match(/\s\/[\w./-]+/g) ?? [];
    return paths.length > 0 && paths.every((p) => isMount(p.trim(), standing)) ? 'medium' : tier;
  }
  if (standing.isThrownAway) return undefined;
  if (isConfined) return 'medium';
  if (manner !== 'whole-tree') return 'medium';
  if (/^\/(?:var|opt|srv|usr\/local|mnt)\/[\w.-]+\/?[\w.-]/.test(path)) return 'medium';
  // Below the folder of one service.
  return /^\/etc\/(?!ssh|ssl|pki|pam|sudo|cron|systemd|security|ld\.so|init|profile|apt|yum|audit|selinux|apparmor|polkit|kubernetes)[\w-]{2,60}\/[\w-]/.test(
    path,
  )
    ? 'high'
    : tier;
}

/** What comes through to a machine: to take back what was let in, or a table by its own name, is not to switch the filter off. */
export function filtered(text: string, tier: Tier, isThrownAway: boolean): Weight {
  if (isThrownAway) return 'medium';
  const parts = text.match(/\bfirewall-cmd\b[^;&|\n]{0,400}/g) ?? [];
  if (parts.length > 0 && !/\b(?:ufw|ip6?tables|nft|pfctl)\b/.test(text)) {
    if (/\s--(?:panic-off|set-default-zone|complete-reload|remove-(?:rules|chain|passthroughs?)\b)/.test(text))
      return tier;
    if (/\s--add-[^;&|\n]{0,200}(?:0\.0\.0\.0\/0|[\s="']::\/0)/.test(text)) return tier;
    if (parts.some((p) => /\s--add-/.test(p))) return 'high';
    // What is kept out by its zone, its list or its kind.
    return /\b(?:drop|reject|block\w*|bann?\w*|deny\w*|black\w*)\b/i.test(text) ? tier : 'medium';
  }
  return /^(?:sudo\s+)?nft\s+(?:delete|destroy)\s+table\s+(?:(?:inet|ip6?|arp|bridge|netdev)\s+)?(?!nat\b|raw\b|mangle\b|[\w-]{0,40}(?:filter|fire|fw|wall|guard|secur|f2b|fail2ban|ban(?![a-z])|block|deny|acl|ddos|crowdsec|input))[\w-]{3,60}(?:\s+2>\s?\/dev\/null)?(?:\s*\|\|\s*true)?\s*$/.test(
    text.trim(),
  )
    ? 'medium'
    : tier;
}

/** Root is the owner of what is the system's. */
export function givenToRoot(text: string, tier: Tier, { source }: Standing, isConfined: boolean): Weight {
  const recursive = /\bchown\s[^;&|\n]{0,80}(?:-\w*R|--recursive)/.test(text);
  const paths =
    text
      .match(/\bchown\s+(?:-\S+\s+)*\S+\s+([^;&|\n>]{1,300})/)?.[1]
      ?.trim()
      .replace(/["']/g, '')
      .split(/\s+/) ?? [];
  const isOfSystem = (path: string): boolean => /^\/(?:etc|usr|opt|var|lib|srv|root|s?bin)\/\w/.test(path);
  const known = (path: string): boolean => {
    const name = /^\$\{?(\w{1,80})\}?(?=\/|$)/.exec(path)?.[1];
    if (name === undefined) return isOfSystem(path);
    const given = gifts(source.text, name);
    return given.length > 0 && given.every((g) => isOfSystem(g.replace(/["']/g, '')));
  };
  if (!recursive && paths.length > 0 && paths.every(known)) return undefined;
  return recursive && !isConfined ? tier : 'medium';
}

export function written(text: string, tier: Tier, standing: Standing, isImage: boolean, isContainer: boolean): Weight {
  const isEntry =
    /NOPASSWD|\bsudoers\b|authorized_keys|PermitRootLogin\s+yes|PasswordAuthentication\s+yes|pam\.d|\/etc\/(?:passwd|shadow)/.test(
      text,
    );
  if (
    /\/etc\/fstab/.test(text) &&
    /\bsed\b/.test(text) &&
    /swap/.test(text) &&
    !/\b(?:mount|bind|exec|suid)\b/.test(text)
  )
    return isImage || standing.isThrownAway ? undefined : 'medium';
  // What every program loads, and what runs by itself what it fetches.
  const runsAlone =
    /\/etc\/ld\.so\.preload/.test(text) ||
    (/\/etc\/(?:cron|profile|init\.d|rc\.local|systemd)/.test(text) &&
      /\b(?:curl|wget|nc|ncat)\b|\/dev\/tcp\//.test(text));
  if (runsAlone && (standing.source.language === 'dockerfile' || (isContainer && !standing.isThrownAway)))
    return lowered(tier);
  if (standing.source.language === 'dockerfile' && addsOnlyItsUser(text)) return undefined;
  if (standing.isThrownAway) return isEntry ? 'medium' : undefined;
  if (isEntry) return tier;
  if (isContainer) return 'medium';
  if (/\/etc\/(?:cron|systemd(?!\/resolved\.conf\b)|init\.d|rc\.local|hosts\.|ld\.so\.preload)/.test(text))
    return tier === 'critical' ? 'high' : tier;
  // What guards the machine, or decides what all programs load and whom they ask.
  if (guards.test(text)) return lowered(tier);
  return 'medium';
}

/** A user of the image, with numbers of its own, no password and no shell. */
const userLine =
  /\becho\s+(["'])[a-z_][\w-]{0,40}:x:[1-9]\d{2,6}:[1-9]\d{2,6}:[^:"'\n]{0,80}:\/[\w./-]{0,100}:\/(?:usr\/)?s?bin\/(?:nologin|false)\1\s*>>\s*\/etc\/passwd(?=\s|$|;)/g;
const groupLine =
  /\becho\s+(["'])(?!(?:sudo|wheel|docker|root|adm|admin|shadow|disk|kmem|lxd|staff)\b)[a-z_][\w-]{0,40}:x:[1-9]\d{2,6}:(?!root\b)[\w-]{0,40}\1\s*>>\s*\/etc\/group(?=\s|$|;)/g;
const addsOnlyItsUser = (text: string): boolean => {
  const rest = text.replace(userLine, '').replace(groupLine, '');
  return (
    rest !== text &&
    !/\/etc\b|\/var\/spool\b|systemd|\/s?bin\/|\bsudo\b|NOPASSWD|authorized_keys|\bs[ug]id\b|\bchmod\s+(?:-\w+\s+)*(?:[ugoa]*\+[rwx]*s|[ugoa]*=[rwx]*s|[2-7]\d{3}\b)|\binstall\s[^;&|]{0,100}-m\s*[2-7]\d{3}\b/.test(
      rest,
    )
  );
};

const guards =
  /\/etc\/(?:selinux|audit|apparmor|polkit|ld\.so|nsswitch|crypttab)|PermitEmptyPasswords\s+yes|\/etc\/fstab.*\bsuid\b|\bsuid\b.*\/etc\/fstab/;
