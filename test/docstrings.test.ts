import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';

const files = readdirSync('src', { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.ts') && !file.endsWith('.generated.ts'))
  .map((file) => join('src', file));

/** The names that a statement exports. */
function exportedNames(statement: ts.Statement): readonly string[] {
  const isExported =
    ts.canHaveModifiers(statement) &&
    ts.getModifiers(statement)?.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword) === true;
  if (!isExported) return [];
  if (ts.isVariableStatement(statement))
    return statement.declarationList.declarations.map(({ name }) => name.getText());
  return 'name' in statement ? [(statement.name as ts.Identifier).text] : [];
}

/** The documentation comments directly above a node; text between two of them belongs to a node of its own. */
function docstringsOf(node: ts.Node, source: string): readonly string[] {
  const comments = ts.getLeadingCommentRanges(source, node.getFullStart()) ?? [];
  return comments.map(({ pos, end }) => source.slice(pos, end)).filter((text) => text.startsWith('/**'));
}

function problemsOf(file: string): readonly string[] {
  const source = readFileSync(file, 'utf8');
  const tree = ts.createSourceFile(file, source, ts.ScriptTarget.Latest, true);
  const problems: string[] = [];
  const place = (node: ts.Node): string =>
    `${file}:${tree.getLineAndCharacterOfPosition(node.getStart()).line + 1}`;
  const exported = new Set<string>();
  for (const statement of tree.statements) {
    const names = exportedNames(statement).filter((name) => !exported.has(name));
    for (const name of names) exported.add(name);
    const undocumented = names.length > 0 && docstringsOf(statement, source).length === 0;
    if (undocumented) problems.push(`${place(statement)}: ${names.join(', ')} has no docstring.`);
  }
  const visit = (node: ts.Node): void => {
    const isDeclaration = ts.isStatement(node) || ts.isTypeElement(node) || ts.isClassElement(node);
    if (isDeclaration && docstringsOf(node, source).length > 1)
      problems.push(`${place(node)}: it has more than one docstring; one of them belongs elsewhere.`);
    ts.forEachChild(node, visit);
  };
  visit(tree);
  return problems;
}

describe('the docstrings', () => {
  it('are above every exported name, and each declaration has one at most', () => {
    expect(files.length).toBeGreaterThan(200);
    expect(files.flatMap(problemsOf)).toEqual([]);
  });
});
