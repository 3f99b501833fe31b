// Answers each line, a Flux program as JSON text, with a line that holds its tree.
// Usage: node parse.js FOLDER-OF-THE-PACKAGE

const { parse } = require(require("path").resolve(process.argv[2]));

require("readline")
  .createInterface({ input: process.stdin, crlfDelay: Infinity })
  .on("line", (line) => process.stdout.write(JSON.stringify(parse(JSON.parse(line))) + "\n"));
