/** Disks, partitions, file systems and volumes. */
import { asksForHelp, hasAny, readOptions, texts } from '../args.ts';
import { about, hit } from '../model.ts';
import type { Call, Family, Hit } from '../model.ts';
import { locate } from '../places.ts';
import { wordsOf } from '../verbs.ts';

const wipe = (what: string, object?: string): Hit =>
  hit(
    'disk-wipe',
    'critical',
    'data-deletion',
    'deny',
    what,
    'Disks are for a person; work on an image file instead',
    about(object),
  );
const alter = (rule: string, what: string, object?: string): Hit =>
  hit(rule, 'critical', 'data-deletion', 'ask', what, 'Let a person do it, after a backup', about(object));

/** Devices that hold data; the pseudo devices of every script are none. */
const harmless =
  /^\/dev\/(?:null|zero|random|urandom|tty\w*|std(?:in|out|err)|fd\/\d+|shm(?:\/.*)?|full|pts\/\d+|console|tcp\/.*|udp\/.*)$/;
const isDisk = (path: string): boolean =>
  (path.startsWith('/dev/') && !harmless.test(path)) || /^\\\\\.\\PhysicalDrive/i.test(path);

const always: Readonly<Record<string, string>> = {
  mkswap: 'mkswap overwrites the partition',
  wipefs: 'wipefs erases the signatures of the file system',
  blkdiscard: 'blkdiscard erases the device',
  mke2fs: 'This makes a new, empty file system over what is there',
  newfs: 'This makes a new, empty file system over what is there',
  'format-volume': 'This formats the volume',
  'clear-disk': 'This erases the disk',
  'initialize-disk': 'This erases the disk',
  'remove-partition': 'This deletes a partition',
  diskpart: 'diskpart changes partitions',
  badblocks: 'badblocks -w overwrites the device',
  pvremove: 'This removes a physical volume',
  vgremove: 'This deletes a volume group',
  lvremove: 'This deletes a logical volume with its data',
  vgreduce: 'This takes a disk out of the volume group',
  lvreduce: 'Shrinking a volume cuts off data',
  pvmove: 'This moves data between disks',
  lvconvert: 'This changes how the volume is stored',
};

export const disk: Family = {
  id: 'disk',
  programs: ['*'],
  check(call) {
    const { name } = call;
    for (const { path } of call.outputs)
      if (isDisk(path.text)) return wipe(`This writes straight over the device ${path.text}`, path.text);
    if (name === '' || !(Object.hasOwn(always, name) || Object.hasOwn(tools, name) || name.startsWith('mkfs')))
      return undefined;
    if (asksForHelp(call) || (call.remote && name === 'tee')) return undefined;
    if (Object.hasOwn(tools, name)) return tools[name]!(call);
    const { flags } = readOptions(call.args);
    // Without -a or -o wipefs only lists.
    if (name === 'wipefs' && (hasAny(flags, 'n', 'no-act') || !hasAny(flags, 'a', 'all', 'o', 'offset')))
      return undefined;
    if (/^(?:pv|vg|lv)/.test(name) && hasAny(flags, 't', 'test')) return undefined;
    if (name === 'badblocks' && !call.args.some((a) => /^-\w*w/.test(a.text))) return undefined;
    // An image in a file of the project is no disk.
    if (
      name.startsWith('mkfs') &&
      call.args.some((a) => /^[\w./-]+\.(?:img|iso|raw|ext4|fs|qcow2)$/.test(a.text) && !a.text.startsWith('/dev/'))
    )
      return undefined;
    return wipe(
      name.startsWith('mkfs') ? `${name} makes a new, empty file system over what is there` : (always[name] ?? ''),
    );
  },
};

const partition = (call: Call): Hit | undefined => {
  const { flags, words } = readOptions(call.args, new Set(['o', 'b', 'u', 't']));
  if (
    (hasAny(flags, 'l', 'list', 'd', 'dump', 'V', 'verify', 'L', 'J', 'x', 'p', 'print', 'i') ||
      // `fdisk -s` shows a size; for parted it is the script mode.
      (flags.has('s') && call.name !== 'parted')) &&
    !flags.has('zap-all') &&
    !flags.has('Z') &&
    !flags.has('delete')
  )
    return undefined;
  if (
    texts(words).some((w) => w === 'print' || w === 'unit') &&
    !texts(words).some((w) => /^(?:mklabel|mkpart|rm|resizepart|mktable|set)$/.test(w))
  )
    return undefined;
  return words.length > 0
    ? wipe(`${call.name} changes the partitions of ${words[0]!.text}`, words[0]!.text)
    : undefined;
};

const repair = (call: Call): Hit | undefined =>
  call.args.some((a) => /^-[a-zA-Z]*n/.test(a.text) || a.text === '-N' || a.text === '--dry-run')
    ? undefined
    : wordsOf(call).length > 0
      ? alter('filesystem-repair', `${call.name} changes the file system, and may drop what it cannot repair`)
      : undefined;

const tools: Readonly<Record<string, (call: Call) => Hit | undefined>> = {
  dd(call) {
    const to = call.args.find((a) => a.text.startsWith('of='))?.text.slice(3) ?? '';
    if (isDisk(to)) return wipe(`dd overwrites the device ${to}`, to);
    const { place, path } = locate({ text: to, dynamic: to.includes('$'), quoted: false }, call, { cwd: undefined });
    if (to !== '' && (place === 'system' || place === 'root'))
      return alter('dd-system', `dd overwrites ${path}, a file of the system`, path);
    return call.args.some((a) => /^if=\/dev\/(?:zero|u?random)$/.test(a.text)) &&
      to !== '' &&
      place !== 'temp' &&
      !call.args.some((a) => /^(?:count|bs)=/.test(a.text))
      ? alter('dd-fill', `dd fills ${path} until the disk is full`, path)
      : undefined;
  },
  tee: (call) => {
    const to = call.args.find((a) => isDisk(a.text));
    return to ? wipe(`This writes straight over the device ${to.text}`, to.text) : undefined;
  },
  cp: (call) => {
    const to = call.args.at(-1);
    return to && call.args.length > 1 && isDisk(to.text)
      ? wipe(`This writes straight over the device ${to.text}`, to.text)
      : undefined;
  },
  cat: () => undefined,
  fdisk: partition,
  sfdisk: partition,
  cfdisk: partition,
  gdisk: partition,
  sgdisk: partition,
  parted: partition,
  cgdisk: partition,
  diskutil(call) {
    const [verb = '', sub = ''] = wordsOf(call).map((w) => w.toLowerCase());
    if (
      /^(?:erase|partition|reformat|zero|random|secureerase|split|merge|resize)/.test(verb) ||
      (/^(?:apfs|corestorage|cs|appleraid|ar)$/.test(verb) &&
        /^(?:delete|erase|convert|resize|remove|destroy|decrypt|unlock)/.test(sub))
    )
      return wipe(`diskutil ${verb} ${sub} erases or changes a volume`.replace(/ {2,}/g, ' '));
    return /^(?:unmount|unmountdisk|eject)$/.test(verb) && call.args.some((a) => a.text === 'force')
      ? alter('umount-force', 'A forced unmount loses what was not written yet')
      : undefined;
  },
  fsck: repair,
  e2fsck: repair,
  'fsck.ext4': repair,
  xfs_repair: repair,
  ntfsfix: repair,
  resize2fs: (call) =>
    wordsOf(call).length > 0 ? alter('filesystem-resize', 'This changes the size of a file system') : undefined,
  tune2fs: (call) =>
    call.args.some((a) => /^-[ceCEiIjJLmMoOQrTuU]/.test(a.text))
      ? alter('filesystem-change', 'This changes a file system')
      : undefined,
  hdparm: (call) =>
    call.args.some((a) => /^--(?:security|trim|write|make-bad|fwdownload|yes-i|dco)/.test(a.text))
      ? wipe('This erases or locks the disk')
      : undefined,
  nvme: (call) =>
    /^(?:format|sanitize|delete-ns|fw-|security-|write|reset)/.test(wordsOf(call)[0] ?? '')
      ? wipe('This erases the disk')
      : undefined,
  cryptsetup: (call) =>
    /^(?:luksFormat|luksErase|erase|luksKillSlot|luksRemoveKey|luksChangeKey|reencrypt|luksHeaderRestore)$/i.test(
      wordsOf(call)[0] ?? '',
    )
      ? wipe('This makes the encrypted data unreadable')
      : undefined,
  mdadm: (call) =>
    call.args.some((a) =>
      /^(?:--(?:stop|remove|fail|zero-superblock|create|grow|set-faulty|build|replace)|-[SCGrf])$/.test(a.text),
    )
      ? alter('mdadm-change', 'This changes or takes apart a RAID')
      : undefined,
  lvresize: (call) =>
    !hasAny(readOptions(call.args).flags, 't', 'test') &&
    (call.args.some(
      (a, i) =>
        /^(?:-L|--size|-l|--extents)(?:=?-|$)/.test(a.text) &&
        (/-\d/.test(a.text) || (call.args[i + 1]?.text ?? '').startsWith('-')),
    ) ||
      call.args.some((a) => /^-r?[lL]-/.test(a.text)))
      ? alter('lv-shrink', 'Shrinking a volume cuts off data')
      : undefined,
  btrfs(call) {
    const list = wordsOf(call);
    // btrfs takes shortened words: `btrfs sub del`, `btrfs fi res`.
    const key = `${list[0]?.slice(0, 3)} ${list[1]}`;
    if (
      /^(?:sub (?:del|set-d)|dev (?:del|rem|add|rep)|bal (?:sta(?!t)|full)|fil? (?:res|def))/.test(key) ||
      list[0] === 'rescue' ||
      (list[0]?.startsWith('bal') === true && !/^(?:stat|pause|cancel)/.test(list[1] ?? '')) ||
      (list[0] === 'check' && call.args.some((a) => /^--(?:repair|init-)/.test(a.text)))
    )
      return alter('btrfs-change', `btrfs ${list.slice(0, 2).join(' ')} deletes or rearranges data`);
    return undefined;
  },
  partx: (call) =>
    call.args.some((a) => /^(?:-d|--delete)$/.test(a.text))
      ? alter('partition-drop', 'This makes the kernel forget partitions that may be in use')
      : undefined,
  debugfs: (call) =>
    call.args.some((a) => a.text.startsWith('-w'))
      ? alter('filesystem-change', 'debugfs -w writes into the file system past its checks')
      : undefined,
  zpool: (call) =>
    /^(?:destroy|labelclear|remove|detach|split|offline|create|clear|export|replace)$/.test(wordsOf(call)[0] ?? '')
      ? alter('zpool-change', `zpool ${wordsOf(call)[0]} changes or destroys the pool`)
      : undefined,
  dmsetup: (call) =>
    /^(?:remove|remove_all|wipe_table|clear|load|create|reload|rename|suspend)$/.test(wordsOf(call)[0] ?? '')
      ? alter('dmsetup-change', 'This changes mapped devices that may be in use')
      : undefined,
  losetup: (call) =>
    call.args.length === 0 ||
    call.args.every((a) => /^-(?:a|l|j|O|n|J)|^--(?:all|list|associated|output|json|raw)/.test(a.text))
      ? undefined
      : alter('losetup-change', 'This attaches or detaches a block device'),
  'nbd-client': (call) =>
    call.args.some((a) => a.text === '-l' || a.text === '-c')
      ? undefined
      : alter('nbd-change', 'This connects or disconnects a network block device'),
  mount(call) {
    const { flags, words } = readOptions(call.args, new Set(['t', 'o', 'L', 'U']));
    if (words.length === 0) return undefined;
    const target = words.at(-1)!.text;
    return (hasAny(flags, 'bind', 'rbind', 'move', 'B', 'R', 'M') ||
      call.args.some((a) => /\bremount\b|\bbind\b/.test(a.text))) &&
      /^\/(?:$|etc|usr|bin|sbin|lib|boot|root|proc|sys|dev|home|var)/.test(target)
      ? alter('mount-system', `This mounts over ${target}, a folder of the system`, target)
      : words.some((w) => w.text === '/')
        ? alter('mount-system', 'This mounts the root of the system elsewhere')
        : undefined;
  },
  umount(call) {
    const { flags } = readOptions(call.args);
    return hasAny(flags, 'f', 'force', 'l', 'lazy', 'a', 'all')
      ? alter('umount-force', 'A forced unmount loses what was not written yet')
      : undefined;
  },
  swapoff: (call) =>
    call.args.some((a) => a.text === '-a') ? alter('swapoff', 'Without swap the system may kill programs') : undefined,
  format: (call) =>
    call.shell !== 'posix' || call.args.some((a) => /^[A-Za-z]:\\?$/.test(a.text))
      ? call.args.some((a) => /^[A-Za-z]:\\?$/.test(a.text))
        ? wipe('This formats the drive')
        : undefined
      : undefined,
  fsutil: (call) =>
    /^(?:file setzerodata|volume dismount|usn deletejournal)/i.test(wordsOf(call).join(' '))
      ? alter('fsutil-change', 'This deletes data below the file system')
      : undefined,
  bcdedit: (call) =>
    call.args.length > 0 && !call.args.some((a) => /^\/enum/i.test(a.text))
      ? alter('boot-change', 'This changes how the machine starts')
      : undefined,
  'grub-install': () => alter('boot-change', 'This overwrites the boot loader'),
  efibootmgr: (call) =>
    call.args.length > 0 && !call.args.some((a) => a.text === '-v')
      ? alter('boot-change', 'This changes how the machine starts')
      : undefined,
  asr: (call) => (call.args.some((a) => a.text === '--erase') ? wipe('This erases the volume') : undefined),
};
