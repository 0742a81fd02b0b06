/**
 * The public API, with its types, as a snapshot: nothing enters, leaves or changes it unnoticed.
 */
import { fileURLToPath } from "node:url";
import ts from "typescript";
import { expect, test } from "vitest";

const root = fileURLToPath(new URL("../", import.meta.url));

const exportsOf = (entry: string): readonly string[] => {
  const config = ts.readConfigFile(`${root}tsconfig.json`, ts.sys.readFile);
  const { options } = ts.parseJsonConfigFileContent(config.config, ts.sys, root);
  const program = ts.createProgram([`${root}${entry}`], options);
  const checker = program.getTypeChecker();
  const file = program.getSourceFile(`${root}${entry}`)!;
  const flags = ts.TypeFormatFlags.NoTruncation | ts.TypeFormatFlags.WriteArrowStyleSignature;
  return checker.getExportsOfModule(checker.getSymbolAtLocation(file)!).map((symbol) => {
    const target = symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol;
    if (!(target.flags & ts.SymbolFlags.Value)) return `type ${symbol.name}`;
    const type = checker.typeToString(checker.getTypeOfSymbolAtLocation(target, file), undefined, flags);
    return `${symbol.name}: ${type}`;
  });
};

test.each([
  "src/index.ts",
  "laws/index.ts",
  "src/dicom.ts",
  "src/webgpu.ts",
  "src/register/index.ts",
  "src/augment/index.ts",
  "src/train/index.ts",
  "src/labels/index.ts",
])("%s", async (entry) => {
  const lines = [...exportsOf(entry)].sort();
  expect(lines.length).toBeGreaterThan(4);
  await expect(`${lines.join("\n")}\n`).toMatchFileSnapshot(`api/${entry.replaceAll("/", "-")}.txt`);
});
