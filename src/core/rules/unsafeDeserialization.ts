import { code } from './kit/code.ts';
import { fromRequest } from './kit/taint.ts';
import { codeLanguages, type Rule } from './rule.ts';

/** A file that comes with the application: its own folder, and no name from a request in it. */
const ownFile =
  /^(?:Rails\.root\b|\w{1,60}(?:::\w{1,60})?\.root\.join\(|File\.(?:join|expand_path)\(\s*(?:__dir__|Rails\.root|File\.dirname\(__FILE__\)))(?!.{0,400}\b(?:params|request|cookies|session|ENV)\b)/s;

export const unsafeDeserialization: Rule = {
  id: 'unsafe-deserialization',
  title: 'Data can create objects of any kind',
  tier: 'high',
  category: 'injection',
  languages: codeLanguages,
  references: ['CWE-502', 'OWASP A08:2021'],
  why: 'These formats name the classes to build and methods to call; a crafted input runs code before the program sees the first value.',
  remedy: 'use JSON or the safe loader, and check the shape',
  keywords: [
    'getobject',
    'objectmessage',
    'recv',
    'ruamel',
    'multiprocessing',
    'deepdeserialize',
    'snakeyaml',
    'jsyaml',
    'pickle',
    'cpickle',
    '_pickle',
    'dill',
    'shelve',
    'marshal',
    'jsonpickle',
    'yaml',
    'joblib',
    'load',
    'loads',
    'unpickler',
    'readobject',
    'readunshared',
    'objectinputstream',
    'xmldecoder',
    'xstream',
    'fromxml',
    'unserialize',
    'binaryformatter',
    'netdatacontractserializer',
    'losformatter',
    'soapformatter',
    'objectstateformatter',
    'typenamehandling',
    'enabledefaulttyping',
    'activatedefaulttyping',
    'consumes',
    'allow_pickle',
    'read_pickle',
    'javascriptserializer',
    'simpletyperesolver',
    'serialize',
    'unsafe_load',
    'oj',
    'deserialize',
    'torch',
    'resteasy',
    'xmldecoder',
    'kryo',
    'hessianinput',
    'hessian2input',
    'serializationutils',
    'serializationhelper',
    'invokertransformer',
    'instantiatetransformer',
    'setregistrationrequired',
    'remote',
    'jackson',
    'jsontypeinfo',
    'fastjson',
    'autotypesupport',
  ],
  check(source, report) {
    const c = code(source);
    const lang = source.language;
    for (const call of c.facts.calls) {
      const { callee, name } = call;
      const hit = { start: call.start, end: call.end };
      const first = call.args[0];
      const varies = first !== undefined && !c.isConstant(first);
      if (lang === 'python') {
        if (
          /^(?:c?pickle|_pickle|cPickle|dill|cloudpickle|joblib|shelve|marshal|jsonpickle|pd|pandas)\.(?:loads?|open|decode|read_pickle|Unpickler)$/.test(
            callee,
          ) ||
          (/^(?:loads?|Unpickler)$/.test(callee) &&
            source.has(/from\s+(?:c?pickle|cPickle|dill|marshal|_pickle)\s+import/))
        ) {
          if (varies || /Unpickler|open/.test(name)) report(hit);
        } else if (/^(?:yaml|ruamel\.yaml)\.(?:load|load_all|unsafe_load|unsafe_load_all|full_load)$/.test(callee)) {
          const loader = call.args.map((a) => c.text(a)).join(' ');
          if (name.startsWith('unsafe') || !/Safe\w*Loader|BaseLoader|CSafeLoader|typ=['"]safe/.test(loader))
            report(hit);
        } else if (/(?:^|\.)YAML$/.test(callee) && /["']unsafe["']/.test(c.text(c.named(call, 'typ') ?? first)))
          report(hit);
        else if (name === 'recv' && source.has(/multiprocessing(?:\.connection)?/) && call.args.length === 0)
          report(hit);
        else if (c.named(call, 'allow_pickle') && /True/.test(c.text(c.named(call, 'allow_pickle')))) report(hit);
        else if (
          callee === 'torch.load' &&
          !/weights_only\s*=\s*True/.test(c.text({ from: call.open, to: call.close }))
        )
          report(hit);
      } else if (/^(?:java|kotlin|scala|groovy)$/.test(lang)) {
        if (
          /^(?:readObject|readUnshared)$/.test(name) &&
          source.has(/ObjectInput|ObjectStream|XMLDecoder|Kryo|Hessian/) &&
          !source.has(/ValidatingObjectInputStream|ObjectInputFilter|LookAheadObjectInputStream/)
        )
          report(hit);
        else if (call.isNew && /^(?:XMLDecoder|ObjectInputStream)$/.test(name) && !source.has(/ObjectInputFilter/))
          report(hit);
        else if (name === 'fromXML' && source.has(/XStream/) && !source.has(/allowTypes|allowTypesByWildcard/))
          report(hit);
        else if (/^(?:enableDefaultTyping|setAutoTypeSupport)$/.test(name)) report(hit);
        else if (
          name === 'activateDefaultTyping' &&
          (/LaissezFaire/.test(c.text(first)) || !source.has(/PolymorphicTypeValidator/))
        )
          report({
            ...hit,
            message: 'Input names the class to build: use logical type names or a validator that lists the types.',
          });
        else if (
          varies &&
          /^(?:SerializationUtils|SerializationHelper|org\.\w+(?:\.\w+)*\.SerializationUtils)\.deserialize$/.test(
            callee,
          )
        )
          report(hit);
        else if (call.isNew && /^(?:Invoker|Instantiate)Transformer$/.test(name) && varies) report(hit);
        else if (name === 'setRegistrationRequired' && source.has(/Kryo/) && c.text(first) === 'false')
          report({
            ...hit,
            message: 'Input names the class to build: keep registration required and register the classes.',
          });
        else if (
          name === 'getObject' &&
          source.has(/\bObjectMessage\b/) &&
          /javax?\.jms|jakarta\.jms|MessageListener|onMessage/.test(source.text)
        )
          report(hit);
        else if (
          call.isNew &&
          name === 'Yaml' &&
          source.has(/snakeyaml|\.load(?:As|All)?\(/) &&
          (call.args.length === 0 || !/SafeConstructor/.test(source.text))
        )
          report(hit);
      } else if (lang === 'c-sharp') {
        if (
          call.isNew &&
          /^(?:BinaryFormatter|NetDataContractSerializer|LosFormatter|SoapFormatter|ObjectStateFormatter|SimpleTypeResolver|BinaryMessageFormatter)$/.test(
            name,
          )
        )
          report(hit);
      } else if (lang === 'php') {
        if (callee === 'unserialize' && varies && !/allowed_classes/.test(c.text({ from: call.open, to: call.close })))
          report(hit);
      } else if (lang === 'ruby') {
        if (
          /^(?:Marshal\.(?:load|restore)|YAML\.(?:load|unsafe_load|load_file)|Psych\.(?:load|unsafe_load)|Oj\.(?:load|object_load)|CSV\.load)$/.test(
            callee,
          ) &&
          varies &&
          !(name === 'load_file' && ownFile.test(c.text(first))) &&
          !/permitted_classes|safe: true|mode: :strict/.test(c.text({ from: call.open, to: call.close }))
        )
          report(hit);
      } else if (/^(?:javascript|typescript|tsx)$/.test(lang)) {
        if (/(?:^|\.)(?:unserialize|deepDeserialize)$/.test(callee) && varies) report(hit);
        else if (name === 'deserialize' && source.has(/['"](?:serialize-to-js|funcster|cryo)['"]/) && varies)
          report(hit);
        else if (
          /^(?:yaml|jsyaml)\.(?:load|loadAll)$/.test(callee) &&
          (source.has(/DEFAULT_FULL_SCHEMA|js-yaml-js-types/) ||
            (first !== undefined &&
              source.has(/js-yaml/) &&
              !/schema/i.test(c.text({ from: call.open, to: call.close })) &&
              fromRequest(c, first)))
        )
          report(hit);
      }
    }
    for (const a of c.facts.assignments)
      if (a.name === 'TypeNameHandling' && /TypeNameHandling\.(?:All|Auto|Objects|Arrays)/.test(c.text(a)))
        report({ start: a.start, end: a.end, key: 'TypeNameHandling' });
    if (lang === 'java' && source.has(/java\.rmi/))
      // What a remote object takes is deserialised before its method runs.
      for (const m of source.text.matchAll(/\binterface\s+\w+\s+extends\s+[\w.,\s]{0,100}\bRemote\b[^{]{0,100}\{/g)) {
        const body = source.text.slice(m.index, m.index + 4000);
        const method = /\b\w+\s*\((?:[^()]{0,200},)?\s*(?:final\s+)?Object\s+\w+\s*[,)]/.exec(body);
        if (method)
          report({
            start: m.index + method.index,
            end: m.index + method.index + method[0].length,
            tier: 'medium',
            message: 'A remote method takes objects of any class: name the type, and filter what is deserialised.',
          });
      }
    if (/^(?:java|kotlin)$/.test(lang)) {
      for (const m of source.text.matchAll(
        /@Consumes\s*\(\s*\{?\s*(?:"\*\/\*"|MediaType\.WILDCARD|"application\/x-java-serialized-object"|"application\/\*")[^)]{0,400}\)|@JsonTypeInfo\s*\(\s*use\s*=\s*(?:JsonTypeInfo\.)?Id\.(?:CLASS|MINIMAL_CLASS)/g,
      ))
        report({
          start: m.index,
          end: m.index + m[0].length,
          message: m[0].startsWith('@Consumes')
            ? 'Endpoint accepts any media type, Java-serialised objects among them: name the media types.'
            : 'Input names the class to build: use logical type names.',
        });
    }
  },
  fix(text) {
    const yaml =
      /^((?:ruamel\.)?yaml)\.(?:load|full_load|unsafe_load)(_all)?\(([^(),]*(?:\([^()]*\))?[^(),]*)(?:,\s*(?:Loader\s*=\s*)?[\w.]+\s*)?\)$/.exec(
        text,
      );
    if (yaml) return { title: 'Load data only', newText: `${yaml[1]}.safe_load${yaml[2] ?? ''}(${yaml[3]})` };
    if (text.startsWith('torch.load(') && !/weights_only/.test(text))
      return {
        title: 'Load weights only',
        newText: `${text.slice(0, -1).trimEnd().replace(/,$/, '')}, weights_only=True)`,
      };
    return undefined;
  },
};
