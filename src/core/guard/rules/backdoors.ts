/** Shells handed to the other end of a connection, and files that listen for one. */
import { hit } from '../model.ts';
import type { Family, Hit } from '../model.ts';

const shells = ['sh', 'bash', 'zsh', 'dash', 'ksh', 'ash', 'fish', 'busybox'];
/** A shell for whoever is at the other end of a connection, by whatever program. */
export const reverseShell: Hit = hit(
  'reverse-shell',
  'critical',
  'data-exposure',
  'deny',
  'This hands a shell on this machine to whoever is at the other end of the connection',
  'Remove it',
);

export const backdoors: Family = {
  id: 'backdoors',
  programs: [...shells, 'exec', 'nc', 'ncat', 'netcat', 'nc.traditional', 'socat', 'cryptcat'],
  check(call) {
    switch (call.name) {
      case 'nc':
      case 'ncat':
      case 'netcat':
      case 'nc.traditional':
      case 'cryptcat':
        return call.args.some(
          (a, i) =>
            /^(?:--(?:exec|sh-exec|lua-exec)(?:=|$))/.test(a.text) ||
            (/^-[a-zA-Z]*[ec]$/.test(a.text) &&
              /(?:^|\/)(?:(?:ba|z|da|k|a)?sh|cmd(?:\.exe)?|powershell(?:\.exe)?)\b/i.test(
                call.args[i + 1]?.text ?? '',
              )),
        )
          ? reverseShell
          : undefined;
      case 'socat':
        return call.args.some((a) => /^(?:exec|system|shell):/i.test(a.text)) &&
          call.args.some((a) => /^(?:tcp|udp|openssl|ssl|sctp|vsock)[\w-]*:/i.test(a.text))
          ? reverseShell
          : undefined;
      default:
        return call.outputs.some((o) => /^\/dev\/(?:tcp|udp)\//.test(o.path.text)) &&
          (call.name !== 'exec' || call.args.some((a) => a.text.endsWith('sh')))
          ? reverseShell
          : undefined;
    }
  },
};
