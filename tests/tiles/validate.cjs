// Runs Khronos' glTF validator over files: node validate.cjs <folder of gltf-validator> FILE...
// Prints a JSON list of {file, errors, warnings, codes}.
const fs = require("fs");
const validator = require(process.argv[2]);

(async () => {
  const reports = [];
  for (const file of process.argv.slice(3)) {
    const { issues } = await validator.validateBytes(new Uint8Array(fs.readFileSync(file)), { maxIssues: 0 });
    const codes = [...new Set(issues.messages.filter((m) => m.severity < 2).map((m) => m.code))];
    reports.push({ file, errors: issues.numErrors, warnings: issues.numWarnings, codes });
  }
  console.log(JSON.stringify(reports));
})();
