import { attr, cloudLanguages, isShowingModule, resources, type Resource } from './kit/cloud.ts';
import type { Rule } from './rule.ts';

/** Resource type (plain, without provider prefix for CloudFormation) → attributes of which one must be there, because the default is unsafe. */
const wanted: readonly {
  types: RegExp;
  any: readonly (readonly string[])[];
  what: string;
  unless?: (r: Resource) => boolean;
}[] = [
  {
    types: /^(?:aws_sqs_queue|AWS::SQS::Queue)$/,
    any: [['kmsmasterkeyid'], ['sqsmanagedsseenabled']],
    what: 'encryption of the queue',
  },
  { types: /^(?:aws_sns_topic|AWS::SNS::Topic)$/, any: [['kmsmasterkeyid']], what: 'encryption of the topic' },
  {
    types: /^(?:aws_kinesis_stream|AWS::Kinesis::Stream)$/,
    any: [['kmskeyid'], ['encryptiontype'], ['streamencryption']],
    what: 'encryption of the stream',
  },
  {
    types: /^(?:aws_efs_file_system|AWS::EFS::FileSystem)$/,
    any: [['encrypted']],
    what: 'encryption of the file system',
  },
  { types: /^(?:aws_ebs_volume|AWS::EC2::Volume)$/, any: [['encrypted']], what: 'encryption of the volume' },
  {
    types: /^(?:aws_db_instance|AWS::RDS::DBInstance)$/,
    any: [['storageencrypted'], ['replicatesourcedb'], ['sourcedbinstanceidentifier'], ['dbclusteridentifier']],
    what: 'encryption of the storage',
  },
  {
    types:
      /^(?:aws_rds_cluster|AWS::RDS::DBCluster|aws_docdb_cluster|AWS::DocDB::DBCluster|aws_neptune_cluster|AWS::Neptune::DBCluster)$/,
    any: [['storageencrypted'], ['kmskeyid']],
    what: 'encryption of the storage',
  },
  {
    types: /^(?:aws_redshift_cluster|AWS::Redshift::Cluster)$/,
    any: [['encrypted'], ['kmskeyid']],
    what: 'encryption of the cluster',
  },
  {
    types: /^(?:aws_elasticache_replication_group|AWS::ElastiCache::ReplicationGroup)$/,
    any: [['transitencryptionenabled']],
    what: 'encryption in transit',
  },
  {
    types: /^(?:aws_elasticache_replication_group|AWS::ElastiCache::ReplicationGroup)$/,
    any: [['atrestencryptionenabled'], ['kmskeyid']],
    what: 'encryption at rest',
  },
  {
    types:
      /^(?:aws_elasticsearch_domain|AWS::Elasticsearch::Domain|aws_opensearch_domain|AWS::OpenSearchService::Domain)$/,
    any: [['encryptatrest'], ['encryptionatrestoptions']],
    what: 'encryption at rest',
  },
  {
    types:
      /^(?:aws_elasticsearch_domain|AWS::Elasticsearch::Domain|aws_opensearch_domain|AWS::OpenSearchService::Domain)$/,
    any: [['domainendpointoptions', 'enforcehttps']],
    what: 'HTTPS on the endpoint',
  },
  {
    types:
      /^(?:aws_elasticsearch_domain|AWS::Elasticsearch::Domain|aws_opensearch_domain|AWS::OpenSearchService::Domain)$/,
    any: [['logpublishingoptions']],
    what: 'audit logging',
  },
  {
    types: /^(?:aws_msk_cluster|AWS::MSK::Cluster)$/,
    any: [['encryptioninfo'], ['encryptioninfo', 'encryptionintransit']],
    what: 'encryption',
  },
  { types: /^(?:aws_msk_cluster|AWS::MSK::Cluster)$/, any: [['logginginfo']], what: 'broker logging' },
  {
    types: /^(?:aws_dax_cluster|AWS::DAX::Cluster)$/,
    any: [['serversideencryption'], ['ssespecification']],
    what: 'encryption at rest',
  },
  {
    types: /^(?:aws_codebuild_project|AWS::CodeBuild::Project)$/,
    any: [['encryptionkey']],
    what: 'an encryption key for artifacts',
  },
  {
    types: /^(?:aws_workspaces_workspace|AWS::WorkSpaces::Workspace)$/,
    any: [['rootvolumeencryptionenabled'], ['uservolumeencryptionenabled']],
    what: 'volume encryption',
  },
  {
    types: /^(?:aws_athena_workgroup|AWS::Athena::WorkGroup)$/,
    any: [
      ['configuration', 'resultconfiguration', 'encryptionconfiguration'],
      ['workgroupconfiguration', 'resultconfiguration', 'encryptionconfiguration'],
    ],
    what: 'encryption of results',
  },
  { types: /^(?:aws_athena_database)$/, any: [['encryptionconfiguration']], what: 'encryption of results' },
  {
    types: /^(?:aws_cloudtrail|AWS::CloudTrail::Trail)$/,
    any: [['enablelogfilevalidation']],
    what: 'log file validation',
  },
  {
    types: /^(?:aws_cloudfront_distribution|AWS::CloudFront::Distribution)$/,
    any: [['loggingconfig'], ['distributionconfig', 'logging']],
    what: 'access logging',
  },
  {
    types: /^(?:aws_docdb_cluster|AWS::DocDB::DBCluster|aws_neptune_cluster|AWS::Neptune::DBCluster)$/,
    any: [['enabledcloudwatchlogsexports'], ['enablecloudwatchlogsexports']],
    what: 'export of audit logs',
  },
  {
    types: /^(?:aws_eks_cluster|AWS::EKS::Cluster)$/,
    any: [['enabledclusterlogtypes'], ['logging']],
    what: 'control plane logging',
  },
  { types: /^(?:aws_eks_cluster|AWS::EKS::Cluster)$/, any: [['encryptionconfig']], what: 'encryption of secrets' },
  { types: /^(?:aws_mq_broker|AWS::AmazonMQ::Broker)$/, any: [['logs']], what: 'audit logging' },
  {
    types: /^(?:aws_api_gateway_stage|aws_apigatewayv2_stage|AWS::ApiGateway::Stage|AWS::ApiGatewayV2::Stage)$/,
    any: [['accesslogsettings'], ['accesslogsetting']],
    what: 'access logging',
  },
  {
    types: /^(?:aws_api_gateway_domain_name|AWS::ApiGateway::DomainName)$/,
    any: [['securitypolicy']],
    what: 'a TLS 1.2 security policy',
  },
  { types: /^(?:aws_s3_bucket_public_access_block)$/, any: [['blockpublicacls']], what: 'block_public_acls' },
  { types: /^(?:aws_s3_bucket_public_access_block)$/, any: [['blockpublicpolicy']], what: 'block_public_policy' },
  { types: /^(?:aws_s3_bucket_public_access_block)$/, any: [['ignorepublicacls']], what: 'ignore_public_acls' },
  {
    types: /^(?:aws_s3_bucket_public_access_block)$/,
    any: [['restrictpublicbuckets']],
    what: 'restrict_public_buckets',
  },
  { types: /^AWS::S3::Bucket$/, any: [['publicaccessblockconfiguration']], what: 'a public access block' },
  {
    types: /^(?:aws_sagemaker_notebook_instance|AWS::SageMaker::NotebookInstance)$/,
    any: [['kmskeyid']],
    what: 'a key of your own for its volume',
  },
  {
    types: /^(?:aws_instance|aws_launch_template|aws_launch_configuration|AWS::EC2::LaunchTemplate)$/,
    any: [
      ['metadataoptions', 'httptokens'],
      ['launchtemplatedata', 'metadataoptions', 'httptokens'],
    ],
    what: 'required metadata tokens (IMDSv2)',
  },
  {
    types: /^(?:aws_ecr_repository|AWS::ECR::Repository)$/,
    any: [['imagescanningconfiguration']],
    what: 'image scanning',
  },
  { types: /^(?:aws_ecr_repository|AWS::ECR::Repository)$/, any: [['imagetagmutability']], what: 'immutable tags' },
  {
    types: /^(?:aws_lb|aws_alb)$/,
    any: [['dropinvalidheaderfields']],
    what: 'dropping of invalid headers',
    unless: (r) => /network|gateway/.test(attr(r.props, 'loadbalancertype')?.value ?? ''),
  },
  {
    types: /^(?:aws_kms_key|AWS::KMS::Key)$/,
    any: [['enablekeyrotation'], ['customermasterkeyspec'], ['keyspec'], ['keyusage']],
    what: 'key rotation',
  },
  {
    types: /^aws_lambda_permission$|^AWS::Lambda::Permission$/,
    any: [['sourcearn'], ['sourceaccount'], ['principalorgid']],
    what: 'a source ARN',
    unless: (r) => !/amazonaws\.com/.test(attr(r.props, 'principal')?.value ?? ''),
  },
  { types: /^(?:AWS::Serverless::Api)$/, any: [['domain', 'securitypolicy']], what: 'a TLS 1.2 security policy' },
  { types: /^(?:AWS::Serverless::Api)$/, any: [['methodsettings', 'cachedataencrypted']], what: 'cache encryption' },
  {
    types: /^(?:AWS::Serverless::Api|AWS::Serverless::HttpApi)$/,
    any: [['accesslogsetting'], ['accesslogsettings']],
    what: 'access logging',
  },
  { types: /^(?:AWS::Serverless::SimpleTable)$/, any: [['ssespecification']], what: 'encryption' },
  {
    types: /^(?:azurerm_app_service)$/,
    any: [['authsettings'], ['authsettingsv2']],
    what: 'authentication (auth_settings)',
  },
  {
    types:
      /^(?:azurerm_app_service|azurerm_function_app|azurerm_linux_web_app|azurerm_windows_web_app|azurerm_linux_function_app)$/,
    any: [['httpsonly']],
    what: 'https_only',
  },
  {
    types: /^(?:azurerm_postgresql_server|azurerm_mysql_server|azurerm_mariadb_server)$/,
    any: [['sslenforcementenabled']],
    what: 'SSL enforcement',
  },
  {
    types: /^(?:azurerm_postgresql_server|azurerm_mysql_server|azurerm_mariadb_server|azurerm_mssql_server)$/,
    any: [['publicnetworkaccessenabled']],
    what: 'a closed public endpoint',
  },
  {
    types: /^(?:azurerm_storage_account)$/,
    any: [['mintlsversion']],
    what: 'a minimum TLS version',
    unless: () => true,
  },
  { types: /^(?:azurerm_key_vault)$/, any: [['purgeprotectionenabled']], what: 'purge protection' },
  { types: /^(?:azurerm_key_vault)$/, any: [['networkacls']], what: 'network rules' },
  {
    types: /^(?:azurerm_kubernetes_cluster)$/,
    any: [['apiserverauthorizedipranges'], ['apiserveraccessprofile'], ['privateclusterenabled']],
    what: 'limits on the API server',
  },
  { types: /^(?:google_compute_disk)$/, any: [['diskencryptionkey']], what: 'a customer key' },
  {
    types: /^(?:google_sql_database_instance)$/,
    any: [
      ['settings', 'ipconfiguration', 'requiressl'],
      ['settings', 'ipconfiguration', 'sslmode'],
    ],
    what: 'required SSL',
  },
  { types: /^(?:google_storage_bucket)$/, any: [['uniformbucketlevelaccess']], what: 'uniform bucket-level access' },
  { types: /^(?:google_container_cluster)$/, any: [['privateclusterconfig']], what: 'private nodes' },
  {
    types: /^(?:google_container_cluster)$/,
    any: [['masterauthorizednetworksconfig']],
    what: 'authorised networks for the control plane',
  },
  { types: /^(?:google_compute_ssl_policy)$/, any: [['mintlsversion']], what: 'a minimum TLS version' },
];

/** What keeps a house in order: nothing is open or readable without it. */
const hygiene =
  /^(?:key rotation|image scanning|immutable tags|access logging|broker logging|an encryption key for artifacts|a key of your own for its volume|a customer key)$/;

/** Whether this rule itself finds that the resource has no such attribute. */
export const answersAbsence = (r: Resource, name: string): boolean =>
  wanted.some(
    (w) =>
      w.types.test(r.type) &&
      !w.unless?.(r) &&
      w.any.some((path) => path.includes(name)) &&
      !w.any.some((path) => attr(r.props, ...path) !== undefined),
  );

export const cloudUnsafeDefault: Rule = {
  id: 'cloud-unsafe-default',
  title: 'Resource left with an unsafe default',
  tier: 'high',
  category: 'security-control-disabled',
  languages: cloudLanguages,
  references: ['CWE-1188', 'OWASP A05:2021'],
  why: "The provider's default for this resource is the unsafe one (unencrypted, unlogged, open), so leaving the attribute out, or taking it away, decides for it.",
  remedy: 'set the attribute',
  keywords: [],
  check(source, report) {
    const isShown = isShowingModule(source);
    for (const r of resources(source)) {
      for (const w of wanted) {
        if (!w.types.test(r.type) || w.unless?.(r)) continue;
        if (w.any.some((path) => attr(r.props, ...path) !== undefined)) continue;
        if (r.hcl && r.node.children.some((c) => c.key === 'dynamic')) continue;
        report({
          start: r.node.start,
          end: r.node.end,
          key: `${r.type}.${r.name}:${w.what}`,
          ...(isShown && hygiene.test(w.what) && { tier: 'low' }),
          message: `${r.type} without ${w.what}, and the default is the unsafe choice: set it.`,
        });
      }
    }
  },
};
