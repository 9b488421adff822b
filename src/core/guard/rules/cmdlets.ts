/** PowerShell cmdlets of modules nobody can list in full: the verb tells what they do, as PowerShell's own rules demand. */
import { hit } from '../model.ts';
import type { Family } from '../model.ts';
import { isDryRun } from '../verbs.ts';

const ending =
  /^(?:remove|clear|disable|stop|uninstall|reset|unregister|revoke|dismount|format|initialize|suspend|restart|rename|deny|block)-(\w+)$/;
/** What lives in the session only, or has rules of its own. */
const harmless =
  /^(?:item|content|variable|job|module|typedata|psdrive|pssession|event|psbreakpoint|alias|host|transcript|process|service|history|custom|hex|list|table|wide|netfirewallrule|cimsession|psreadlinekeyhandler|error|progress|pester.*|mock|output|string|breakpoint|recyclebin|eventlog)$/;
const runKeys = /\\(?:CurrentVersion\\(?:Run|RunOnce|Policies)|Lsa|Winlogon|Services|Windows Defender)\b|^HKLM:/i;

export const cmdlets: Family = {
  id: 'cmdlets',
  programs: ['*'],
  check(call) {
    if (call.shell !== 'powershell') return undefined;
    const { name } = call;
    if (/ServerCertificateValidationCallback$|CheckCertificateRevocationList$/i.test(call.program.text))
      return hit(
        'tls-off',
        'high',
        'security-control-disabled',
        'ask',
        'Without this check anybody on the way can read and change the traffic',
        "Trust the server's certificate instead",
      );
    if (!name.includes('-') || isDryRun(call)) return undefined;
    if (/^(?:set|new|remove|clear)-itemproperty$/.test(name))
      return call.args.some((a) => runKeys.test(a.text))
        ? hit(
            'registry-change',
            'critical',
            'security-control-disabled',
            'ask',
            'This changes the registry of the system',
            'Let a person do it',
          )
        : undefined;
    if (/^(?:register-scheduledtask|new-service|set-scheduledtask)$/.test(name))
      return hit(
        'scheduled-task',
        'high',
        'environment',
        'ask',
        'This makes something run by itself from now on',
        'Let a person set it up',
      );
    const noun = ending.exec(name)?.[1];
    if (noun === undefined || harmless.test(noun)) return undefined;
    return hit(
      'cmdlet-destructive',
      'high',
      'environment',
      'ask',
      `${call.program.text.slice(0, 60)} takes something away or out of service`,
      'Try it with -WhatIf, and let a person run it',
    );
  },
};
