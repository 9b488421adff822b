/** Names of variables that hold secrets. */

/** A variable whose value is a secret, by its name. */
export const secretName =
  /\$(?:env:)?(\w{0,60}(?:TOKEN|SECRET|PASSWORD|PASSWD|PASSPHRASE|API_?KEY|ACCESS_KEY|PRIVATE_KEY|CREDENTIALS?)(?!\w*(?:FILE|PATH|NAME|DIR|URL|URI|ID|LENGTH|COUNT|TYPE|PREFIX)\b)\w{0,40})/i;
