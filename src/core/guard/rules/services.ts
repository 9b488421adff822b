/** Services, processes, power. */
import { asksForHelp, hasAny, readOptions } from '../args.ts';
import { hit } from '../model.ts';
import type { Family, Hit } from '../model.ts';
import { wordsOf } from '../verbs.ts';

const down = (rule: string, what: string): Hit => hit(rule, 'high', 'environment', 'ask', what, 'Let a person do it');
const power = (what: string): Hit => hit('power', 'critical', 'environment', 'ask', what, 'Let a person do it');
const guards =
  /^(?:ssh|sshd|auditd|rsyslog|syslog|systemd-journald|firewalld|ufw|iptables|nftables|apparmor|fail2ban|clamav\S*|falcon-sensor|osqueryd|crowdsec|chronyd|cron|crond|dbus|NetworkManager|networking|systemd-networkd|systemd-resolved|docker|containerd|kubelet|wazuh\S*|mdatp|WinDefend|MpsSvc|EventLog|Sense)(?:\.service|\.socket)?$/i;

export const services: Family = {
  id: 'services',
  programs: [
    'systemctl',
    'service',
    'rc-service',
    'initctl',
    'launchctl',
    'sc',
    'stop-service',
    'set-service',
    'remove-service',
    'restart-computer',
    'stop-computer',
    'net',
    'shutdown',
    'reboot',
    'halt',
    'poweroff',
    'init',
    'telinit',
    'kill',
    'killall',
    'pkill',
    'taskkill',
    'stop-process',
    'nginx',
    'haproxy',
    'apachectl',
    'apache2ctl',
    'httpd',
    'caddy',
    'traefik',
    'supervisorctl',
    'pm2',
    'monit',
    'crontab',
    'brew',
    'update-rc.d',
    'chkconfig',
    'rc-update',
    'loginctl',
    'schtasks',
    'unregister-scheduledtask',
    'socat',
    'nc',
    'ncat',
    'netcat',
    'svc',
    'sv',
    'xkill',
    'snap',
    'killall5',
  ],
  check(call) {
    if (asksForHelp(call)) return undefined;
    const { flags, words, values } = readOptions(
      call.args,
      new Set(['n', 'signal', 's', 'H', 'M', 't', 'p', 'o', 'u', 'g', 'G']),
    );
    const list = words.map((w) => w.text);
    const verb = list[0] ?? '';
    switch (call.name) {
      case 'systemctl':
        if (/^(?:poweroff|reboot|halt|kexec|suspend|hibernate|emergency|rescue|soft-reboot|exit)$/.test(verb))
          return power(`systemctl ${verb} takes the machine down`);
        if (verb === 'isolate' || verb === 'set-default') return power(`systemctl ${verb} stops everything else`);
        if (/^(?:stop|disable|mask|kill|revert|clean)$/.test(verb))
          return flags.has('user') && !/^(?:mask|clean)$/.test(verb) && !list.slice(1).some((s) => guards.test(s))
            ? undefined
            : list.slice(1).some((s) => guards.test(s))
              ? hit(
                  'guard-service-stop',
                  'critical',
                  'security-control-disabled',
                  'ask',
                  `This stops ${list[1]}, which the machine's safety or reachability rests on`,
                  'Let a person do it',
                )
              : down(
                  'service-stop',
                  `This stops ${list[1]?.slice(0, 60) ?? 'a service'}${verb === 'stop' ? '' : ' for good'}`,
                );
        return undefined;
      case 'service':
      case 'rc-service':
      case 'initctl':
      case 'sv':
      case 'svc':
        return list.some((w) => /^(?:stop|--full-restart|down)$/.test(w)) || (call.name === 'svc' && flags.has('d'))
          ? down('service-stop', `This stops ${verb}`)
          : undefined;
      case 'update-rc.d':
      case 'chkconfig':
      case 'rc-update':
        return list.some((w) => /^(?:remove|disable|off|del|delete)$/.test(w)) || flags.has('del')
          ? down('service-stop', 'This keeps a service from starting')
          : undefined;
      case 'launchctl':
        return /^(?:unload|bootout|remove|disable|kill|reboot|stop)$/.test(verb)
          ? down('service-stop', `launchctl ${verb} stops a service`)
          : undefined;
      case 'sc':
        return /^(?:stop|delete|config)$/i.test(verb) || /^(?:stop|delete)$/i.test(list[1] ?? '')
          ? down('service-stop', 'This stops, changes or deletes a service')
          : undefined;
      case 'stop-service':
      case 'remove-service':
        return down('service-stop', 'This stops a service');
      case 'set-service':
        return call.args.some((a) => /^disabled$/i.test(a.text))
          ? down('service-stop', 'This disables a service')
          : undefined;
      case 'net':
        return /^stop$/i.test(verb) ? down('service-stop', 'This stops a service') : undefined;
      case 'restart-computer':
      case 'stop-computer':
      case 'reboot':
      case 'halt':
      case 'poweroff':
        return power('This takes the machine down');
      case 'shutdown':
        return hasAny(flags, 'c') || call.args.some((a) => /^\/a$/i.test(a.text))
          ? undefined
          : power('This takes the machine down');
      case 'loginctl':
        return /^(?:terminate|kill|poweroff|reboot)/.test(verb) ? power('This ends sessions of users') : undefined;
      case 'init':
      case 'telinit':
        return /^[0-6sS]$/.test(verb) ? power(`init ${verb} takes the machine down or stops its services`) : undefined;
      case 'kill': {
        const targets = call.args
          .slice(
            /^-(?:\d+|[A-Z]+|s|n)$/.test(call.args[0]?.text ?? '') ? (/^-[sn]$/.test(call.args[0]!.text) ? 2 : 1) : 0,
          )
          .map((a) => a.text)
          .filter((t) => t !== '--');
        return targets.some((t) => t === '-1' || t === '1')
          ? power('This ends every process, or the first one, which is the same')
          : undefined;
      }
      case 'killall5':
        return power('This ends every process');
      case 'killall':
      case 'pkill': {
        if (list.some((w) => /countersign/i.test(w)))
          return hit(
            'self-protection',
            'critical',
            'security-control-disabled',
            'deny',
            'This ends Countersign',
            'Leave it running',
          );
        if (
          list.some(
            (w) => guards.test(w) || /^(?:systemd|init|launchd|postgres|mysqld|mongod|redis-server|\.|\.\*)$/.test(w),
          ) ||
          hasAny(flags, 'u', 'U', 'user', 'uid')
        )
          return down('kill-services', `This ends ${list.join(' ').slice(0, 60) || 'all processes of a user'}`);
        // Signal 0 and -l only look.
        if (
          list.length === 0 ||
          hasAny(flags, '0', 'l', 'list', 'L') ||
          values.get('s') === '0' ||
          values.get('signal') === '0'
        )
          return undefined;
        // A whole command line (`node server.js`) names one program, a bare name all of them.
        if (flags.has('f') && list.every((w) => /[\s/]|\.\w/.test(w))) return undefined;
        return down(
          'kill-by-name',
          `This ends every process whose name fits "${list.join(' ').slice(0, 60)}", also those others started`,
        );
      }
      case 'taskkill':
      case 'stop-process':
        return call.args.some((a) =>
          /^(?:explorer|lsass|csrss|winlogon|services|svchost|wininit|\*)(?:\.exe)?$/i.test(a.text),
        )
          ? power('This ends processes of the system')
          : call.args.some((a) => /^(?:\/im|\/fi|-(?:proc\w*)?n(?:a(?:me?)?)?|-processname)$/i.test(a.text)) ||
              (call.name === 'stop-process' && call.input.kind !== 'none')
            ? down('kill-by-name', 'This ends every process of that name, also those others started')
            : undefined;
      case 'nginx':
        return call.args.some((a, i) => a.text === '-s' && /^(?:stop|quit)$/.test(call.args[i + 1]?.text ?? ''))
          ? down('service-stop', 'This stops the web server')
          : undefined;
      case 'haproxy':
        return call.args.some((a) => a.text === '-sf' || a.text === '-st')
          ? down('service-stop', 'This stops the running load balancer')
          : undefined;
      case 'socat':
      case 'nc':
      case 'ncat':
      case 'netcat':
        return call.input.kind === 'known' &&
          /\b(?:disable|shutdown|del|clear)\s+(?:server|sessions|frontend|acl|map|table|backend)|\bset\s+server\s+\S+\s+state\s+(?:maint|drain)/.test(
            call.input.text ?? '',
          )
          ? down('haproxy-disable', 'This takes servers or sessions out of the load balancer')
          : undefined;
      case 'apachectl':
      case 'apache2ctl':
      case 'httpd':
      case 'caddy':
      case 'traefik':
        return list.some((w) => /^(?:stop|graceful-stop)$/.test(w)) ||
          call.args.some((a, i) => a.text === '-k' && /stop/.test(call.args[i + 1]?.text ?? ''))
          ? down('service-stop', 'This stops the web server')
          : undefined;
      case 'supervisorctl':
      case 'monit':
        return /^(?:stop|shutdown|remove|unmonitor|quit)$/.test(verb)
          ? down('service-stop', `This stops ${list[1] ?? 'services'}`)
          : undefined;
      case 'pm2':
        return /^(?:delete|del|kill)$/.test(verb) || (verb === 'stop' && list[1] === 'all')
          ? down('service-stop', `pm2 ${verb} stops processes and forgets them`)
          : undefined;
      case 'brew':
        return verb === 'services' && /^(?:stop|kill|cleanup)$/.test(list[1] ?? '')
          ? down('service-stop', 'This stops a service')
          : undefined;
      case 'crontab':
        if (call.args.some((a) => /^-\w*r/.test(a.text)))
          return hit(
            'crontab-remove',
            'high',
            'data-deletion',
            'ask',
            'crontab -r deletes all scheduled jobs of the user',
            'Save crontab -l first, and edit single lines',
          );
        return wordsOf(call, new Set(['u'])).length > 0
          ? hit(
              'crontab-replace',
              'high',
              'environment',
              'ask',
              'This replaces all scheduled jobs of the user',
              'Save crontab -l first, and let a person install it',
            )
          : undefined;
      case 'schtasks':
        return call.args.some((a) => /^\/(?:delete|create|change|end)$/i.test(a.text))
          ? down('scheduled-task', 'This changes what the machine runs on its own')
          : undefined;
      case 'unregister-scheduledtask':
        return down('scheduled-task', 'This deletes a scheduled task');
      default:
        return undefined;
    }
  },
};
