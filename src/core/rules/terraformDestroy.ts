import type { TreeNode } from '../languages/treeNode.ts';
import { attr, resources } from './kit/cloud.ts';
import type { Rule } from './rule.ts';

/** Resources that hold data, hold the environment together, or take others with them. */
const stateful =
  /^(?:aws_(?:db_\w*|rds_\w*|dynamodb_table|s3_bucket|efs_file_system|ebs_volume|elasticache_\w*|redshift_\w*|docdb_\w*|neptune_\w*|opensearch_domain|elasticsearch_domain|kms_key|vpc|subnet|eks_cluster|ecs_cluster|route53_zone|secretsmanager_secret|backup_vault|cloudtrail|organizations_\w+|kinesis_stream|msk_cluster|cognito_user_pool)|google_(?:sql_\w*|storage_bucket|bigquery_\w*|spanner_\w*|container_cluster|kms_\w*|project|compute_network|compute_disk|dns_managed_zone|secret_manager_secret|redis_instance|filestore_instance)|azurerm_(?:\w*sql\w*|storage_account|storage_container|cosmosdb_\w*|kubernetes_cluster|key_vault\w*|resource_group|virtual_network|managed_disk|dns_zone|redis_cache)|AWS::(?:RDS|DynamoDB|S3|EFS|ElastiCache|Redshift|DocDB|Neptune|KMS|EC2::(?:VPC|Volume)|EKS|Route53::HostedZone|SecretsManager|Backup|CloudTrail|Cognito)(?:::\w+)?.*)$/;

export const terraformDestroy: Rule = {
  id: 'infrastructure-destroyed',
  title: 'A resource that holds data or the environment is gone',
  tier: 'critical',
  category: 'environment',
  languages: ['terraform', 'cloudformation'],
  references: ['OWASP LLM06:2025', 'Terraform: resource lifecycle'],
  why: 'What is no longer in the configuration is destroyed by the next apply, with its data.',
  remedy: 'use a `removed`/`moved` block or `terraform state rm`, and check the plan with the owner of the data',
  keywords: [],
  on: 'removed',
  check(source, report) {
    // What an example shows is applied by nobody.
    if (/(?:^|\/)examples?\//.test(source.path)) return;
    const all = resources(source);
    // A secret whose only value is the attribute of another resource can be made again.
    const computed = new Set(
      all
        .filter((r) => /^(?:aws_secretsmanager|google_secret_manager)_secret_version$/.test(r.type))
        .filter((r) => isComputed(attr(r.props, 'secretstring') ?? attr(r.props, 'secretdata')))
        .flatMap(
          (r) => /_secret\.(\w+)/.exec((attr(r.props, 'secretid') ?? attr(r.props, 'secret'))?.value ?? '')?.[1] ?? [],
        ),
    );
    for (const r of all)
      if (
        !r.type.startsWith('data.') &&
        stateful.test(r.type) &&
        !(r.type.endsWith('_secret') && computed.has(r.name)) &&
        !/_(?:acl|policy|attachment|notification|versioning|logging|configuration|parameter_group|option_group|subnet_group|security_group|event_subscription|proxy|target_group|user_group|association|grant|role|snapshot_copy|public_access_block|website_configuration|cors_configuration)$|::BucketPolicy$/.test(
          r.type,
        )
      )
        report({
          start: r.node.start,
          end: r.node.end,
          key: r.type,
          message: `${r.type} ${r.name.slice(0, 40)} is no longer declared, so the next apply destroys it: move it, or check the plan with the owner of the data.`,
        });
  },
};

const isComputed = (value: TreeNode | undefined): boolean =>
  /^(?:\$\{)?(?!random_|var\.|local\.|data\.|tls_|file)[a-z]\w*\.[\w-]+(?:\[\d+\])?\.\w+\}?$/.test(
    value?.value.trim() ?? '',
  );
