/** Lays out trees of parentheses: on one line what fits, the rest with one child per line. */

export interface TextNode {
  /** What stands after the opening parenthesis. */
  readonly head: string;
  readonly children: readonly TextNode[];
  /** Blocks never share a line, however short they are. */
  readonly isBroken: boolean;
  /** How many values this leaves on the stack. */
  readonly values: number;
  readonly isComment?: boolean;
}

const width = 100;

export const node = (head: string, children: readonly TextNode[] = [], isBroken: boolean = false): TextNode => ({
  head,
  children,
  isBroken: isBroken || children.some((child) => child.isBroken),
  values: 0,
});

export const print = (root: TextNode, indent: string = ""): string => {
  if (root.isComment) return `${indent}${root.head}`;
  const line = `${indent}${inline(root)}`;
  if (!root.isBroken && line.length <= width) return line;
  if (root.children.length === 0) return `${indent}(${root.head})`;
  // A comment runs to the end of its line and would swallow the parenthesis.
  const close = root.children.at(-1)?.isComment ? `\n${indent})` : ")";
  return `${indent}(${root.head}\n${root.children.map((child) => print(child, `${indent}  `)).join("\n")}${close}`;
};

const inline = ({ head, children }: TextNode): string => `(${[head, ...children.map(inline)].join(" ")})`;
