// Reads an AsyncAPI document from standard input with AsyncAPI's own parser: prints what is wrong with it, and how
// many channels, operations and messages it has. BACKSTORY_ASYNCAPI is the folder that the parser is installed in.
import { createRequire } from "node:module";
import { readFileSync } from "node:fs";
import { join } from "node:path";

const require = createRequire(join(process.env.BACKSTORY_ASYNCAPI, "package.json"));
const { Parser } = require("@asyncapi/parser");
const { document, diagnostics } = await new Parser().parse(readFileSync(0, "utf8"));
const wrong = diagnostics.filter((one) => one.severity === 0);
for (const { message, path } of wrong) {
  console.log(`${path.join("/")}: ${message}`);
}
if (wrong.length || !document) {
  process.exit(1);
}
console.log(document.channels().length, document.operations().length, document.messages().length);
