/**
 * Says that Node is too old, before anything is used that it does not have. It is imported first, and
 * is written for Nodes that are.
 */
const OLDEST = 18;

const version = process.versions.node;
if (Number(version.split(".")[0]) < OLDEST) {
  console.error(
    `\nThis Node is too old: it is ${version}, and degpt-edge needs ${OLDEST} or newer.\n` +
      "Install a newer one (https://nodejs.org, or your version manager) and run `npm install` again.",
  );
  process.exit(1);
}
