/** Terraform, OpenTofu, Terragrunt, Pulumi, CDK, Ansible and other tools that build and tear down environments. */
import { asksForHelp, hasAny, readOptions } from '../args.ts';
import { hit } from '../model.ts';
import type { About, Call, Family, Hit } from '../model.ts';
import { isDryRun, verbOf, wordsOf } from '../verbs.ts';

export const iac: Family = {
  id: 'iac',
  programs: [
    'terraform',
    'tofu',
    'terragrunt',
    'tf',
    'terramate',
    'pulumi',
    'cdk',
    'cdktf',
    'sam',
    'serverless',
    'sls',
    'sst',
    'amplify',
    'eb',
    'copilot',
    'ansible-playbook',
    'ansible',
    'ansible-galaxy',
    'ansible-vault',
    'ansible-pull',
    'packer',
    'nomad-pack',
    'waypoint',
    'salt',
    'puppet',
    'chef-client',
    'knife',
    'vagrant',
    'cfn',
    'rain',
    'azd',
    'bicep',
    'spacectl',
    'atlantis',
    'nixos-rebuild',
    'waypoint',
    'encore',
    'chalice',
    'zappa',
    'up',
  ],
  check(call, _context) {
    if (asksForHelp(call) || call.args.at(-1)?.text === '-h') return undefined;
    switch (call.name) {
      case 'terraform':
      case 'tofu':
      case 'terragrunt':
      case 'tf':
      case 'terramate':
      case 'cdktf':
        return checkTerraform(call);
      case 'pulumi':
        return checkPulumi(call);
      case 'ansible-playbook':
      case 'ansible-pull':
        return checkPlaybook(call);
      case 'ansible':
      case 'salt':
        return checkAdHoc(call);
      case 'up':
        return undefined;
      case 'cdk':
      case 'sst':
      case 'sam':
      case 'serverless':
      case 'sls':
      case 'amplify':
      case 'eb':
      case 'copilot':
      case 'azd':
      case 'rain':
      case 'chalice':
      case 'zappa':
        return checkDeployer(call);
      case 'vagrant':
        return wordsOf(call)[0] === 'destroy'
          ? hit(
              'vagrant-destroy',
              'high',
              'environment',
              'ask',
              'vagrant destroy deletes the virtual machine with its data',
              'Use vagrant halt or suspend',
            )
          : undefined;
      case 'nixos-rebuild':
        return /^(?:switch|boot|test)$/.test(wordsOf(call)[0] ?? '')
          ? change('nixos-rebuild', 'This replaces the running system configuration')
          : undefined;
      case 'knife':
      case 'packer':
      case 'spacectl': {
        const verb = verbOf(call);
        return verb?.deed === 'destroy'
          ? destroy(`${call.name}-${verb.word}`, `${call.name} ${verb.word} deletes it`)
          : undefined;
      }
      case 'ansible-vault':
        return /^(?:decrypt|view)$/.test(wordsOf(call)[0] ?? '')
          ? hit(
              'secret-read',
              'high',
              'secrets',
              'ask',
              'This shows or writes secrets in plain text',
              'Leave the vault to a person',
            )
          : undefined;
      default:
        return undefined;
    }
  },
};

const destroy = (rule: string, what: string): Hit =>
  hit(rule, 'critical', 'environment', 'ask', what, 'Show a person the plan first; destroying is for people');
const change = (rule: string, what: string, more?: About): Hit =>
  hit(
    rule,
    'critical',
    'environment',
    'ask',
    what,
    'Make a plan or preview, and let a person or the pipeline apply it',
    more,
  );

function checkTerraform(call: Call): Hit | undefined {
  const { flags, words } = readOptions(
    call.args,
    new Set([
      'chdir',
      'var',
      'var-file',
      'target',
      '-var',
      '-var-file',
      '-target',
      '-out',
      '-working-dir',
      'working-dir',
      'terragrunt-working-dir',
    ]),
  );
  const list = words.map((w) => w.text).filter((w) => !/^(?:run-all|run|stack|exec|--all|graph-dependencies)$/.test(w));
  const verb = list[0] ?? '';
  const sub = list[1] ?? '';
  switch (verb) {
    case 'destroy':
      return destroy('terraform-destroy', `${call.name} destroy deletes everything this configuration manages`);
    case 'apply': {
      if (flags.has('destroy') || flags.has('-destroy'))
        return destroy(
          'terraform-destroy',
          `${call.name} apply -destroy deletes everything this configuration manages`,
        );
      const isUnasked = flags.has('auto-approve') || flags.has('-auto-approve');
      return change(
        'terraform-apply',
        `${call.name} apply changes real infrastructure${isUnasked ? ' without asking' : ''}`,
        isUnasked ? { manner: 'unasked' } : {},
      );
    }
    case 'plan':
      return flags.has('destroy') || flags.has('-destroy')
        ? hit(
            'terraform-plan-destroy',
            'high',
            'environment',
            'ask',
            'This makes a plan that destroys everything',
            'Use a plain plan',
          )
        : undefined;
    case 'taint':
    case 'untaint':
    case 'import':
    case 'refresh':
      return hit(
        `terraform-${verb}`,
        'high',
        'infrastructure',
        'ask',
        `${call.name} ${verb} changes the state; the next apply may replace or forget resources`,
        'Show a person which resource, and why',
      );
    case 'force-unlock':
      return hit(
        'terraform-force-unlock',
        'critical',
        'infrastructure',
        'ask',
        'This breaks the lock of a run that may still be writing the state',
        'Check who holds the lock first',
      );
    case 'state':
      return /^(?:list|show|pull|identities)$/.test(sub) || sub === ''
        ? undefined
        : hit(
            `terraform-state-${sub}`,
            'critical',
            'infrastructure',
            'ask',
            `${call.name} state ${sub} changes the record of what exists; resources may be orphaned or made twice`,
            'Back up the state (state pull) and let a person do it',
          );
    case 'workspace':
      return sub === 'delete'
        ? destroy('terraform-workspace-delete', 'This deletes the workspace with its state')
        : sub === 'new'
          ? hit(
              'terraform-workspace-new',
              'high',
              'environment',
              'ask',
              'This makes a new workspace',
              'Let a person decide on environments',
            )
          : undefined;
    case 'deploy':
      return change('terraform-apply', 'This changes real infrastructure');
    case 'login':
    case 'logout':
    default:
      return undefined;
  }
}

function checkPulumi(call: Call): Hit | undefined {
  const { flags, words } = readOptions(call.args, new Set(['s', 'stack', 'C', 'cwd', 'c', 'config', 't', 'target']));
  const verb = words[0]?.text ?? '';
  const sub = words[1]?.text ?? '';
  switch (verb) {
    case 'destroy':
    case 'down':
      return flags.has('preview-only')
        ? undefined
        : destroy('pulumi-destroy', 'pulumi destroy deletes everything the stack manages');
    case 'up':
    case 'update':
    case 'deploy':
      return change('pulumi-up', 'pulumi up changes real infrastructure');
    case 'refresh':
    case 'cancel':
    case 'import':
      if (flags.has('preview-only')) return undefined;
      return hit(
        `pulumi-${verb}`,
        'high',
        'infrastructure',
        'ask',
        `pulumi ${verb} changes the state of the stack`,
        'Use pulumi preview --refresh first',
      );
    case 'state':
      return hit(
        'pulumi-state',
        'critical',
        'infrastructure',
        'ask',
        'This changes the record of what exists',
        'Export the stack first and let a person do it',
      );
    case 'stack':
      return /^(?:rm|import)$/.test(sub)
        ? destroy('pulumi-stack-rm', `pulumi stack ${sub} removes or replaces the stack's record`)
        : sub === 'init'
          ? change('pulumi-stack-init', 'This makes a new stack')
          : undefined;
    default:
      return undefined;
  }
}

function checkPlaybook(call: Call): Hit | undefined {
  const { flags } = readOptions(call.args);
  if (hasAny(flags, 'C', 'check', 'syntax-check', 'list-tasks', 'list-hosts', 'list-tags')) return undefined;
  return change('ansible-playbook', `${call.name} changes the machines of the inventory`);
}

function checkAdHoc(call: Call): Hit | undefined {
  const { flags, values } = readOptions(
    call.args,
    new Set(['i', 'm', 'a', 'u', 'l', 'f', 'e', 'inventory', 'module-name', 'args', 'limit', 'extra-vars']),
  );
  if (hasAny(flags, 'C', 'check', 'list-hosts')) return undefined;
  const module = (values.get('m') ?? values.get('module-name') ?? 'command').replace(
    /^ansible\.(?:builtin|legacy)\./,
    '',
  );
  if (
    /^(?:ping|setup|debug|stat|gather_facts|service_facts|package_facts|find|slurp|assert|getent|wait_for|win_ping)$/.test(
      module,
    )
  )
    return undefined;
  const text = values.get('a') ?? values.get('args') ?? '';
  if (/^(?:command|shell|raw)$/.test(module)) {
    // What runs is judged on its own; here only what is plainly a change for many machines.
    return /\b(?:reboot|shutdown|halt|poweroff|rm\s+-\w*r|mkfs|dd\s+if=|systemctl\s+(?:stop|disable))\b/.test(text)
      ? change('ansible-shell', `This runs "${text.slice(0, 60)}" on every machine of the pattern`)
      : undefined;
  }
  return /\bstate=absent\b/.test(text)
    ? destroy('ansible-absent', 'state=absent removes it from every machine of the pattern')
    : change('ansible-module', `The module ${module} changes the machines of the pattern`);
}

function checkDeployer(call: Call): Hit | undefined {
  const verb = verbOf(
    call,
    new Set([
      'a',
      'app',
      'context',
      'c',
      'profile',
      'region',
      'r',
      's',
      'stage',
      'stack-name',
      'config-file',
      't',
      'template-file',
    ]),
    new Set(['build']),
  );
  if (!verb || isDryRun(call)) return undefined;
  if (verb.deed === 'destroy')
    return destroy(`${call.name}-${verb.word}`, `${call.name} ${verb.word} tears down what is deployed`);
  if (verb.deed === 'read' || /^(?:init|new|add|start|import|configure|update|publish|clone|list)$/.test(verb.word))
    return undefined;
  return /^(?:deploy|bootstrap|push|up|provision|rollback|create|apply|promote|terminate|migrate)$/.test(verb.word)
    ? change(`${call.name}-${verb.word}`, `${call.name} ${verb.word} changes what is deployed`)
    : undefined;
}
