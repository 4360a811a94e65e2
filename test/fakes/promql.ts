// Reads an expression of Prometheus with Prometheus' own grammar: which series it asks for, and by which labels.
import { parser } from "@prometheus-io/lezer-promql";

export interface Asked {
  readonly metric: string;
  /** Labels that it is chosen, grouped or joined by. */
  readonly labels: readonly string[];
}

type Node = ReturnType<typeof parser.parse>["topNode"];

/** @throws SyntaxError for what is no expression */
export function seriesIn(expr: string): readonly Asked[] {
  const tree = parser.parse(expr);
  const words = ({ from, to }: Node) => expr.slice(from, to);
  tree.iterate({
    enter: ({ type, from }) => {
      if (type.isError) throw new SyntaxError(`no PromQL at ${from}: ${expr}`);
    },
  });
  const found: Asked[] = [];
  function visit(node: Node, outer: readonly string[]): void {
    const named = childrenOf(node)
      .filter(({ name }) => name === "AggregateModifier" || name === "MatchingModifierClause")
      .flatMap((clause) => all(clause, "LabelName").map(words));
    const labels = [...outer, ...named];
    if (node.name === "VectorSelector") {
      const [identifier] = all(node, "Identifier");
      if (!identifier) throw new SyntaxError(`a selector without a name: ${expr}`);
      found.push({ metric: words(identifier), labels: [...labels, ...all(node, "LabelName").map(words)] });
      return;
    }
    for (const child of childrenOf(node)) visit(child, labels);
  }
  visit(tree.topNode, []);
  return found;
}

/** The labels that its outermost aggregation keeps; undefined: it has none, and keeps all. */
export function groupedBy(expr: string): readonly string[] | undefined {
  const clause = all(parser.parse(expr).topNode, "AggregateModifier")[0];
  return clause && all(clause, "LabelName").map(({ from, to }) => expr.slice(from, to));
}

function childrenOf(node: Node): Node[] {
  const children: Node[] = [];
  for (let child = node.firstChild; child; child = child.nextSibling) children.push(child);
  return children;
}

function all(node: Node, name: string): Node[] {
  return childrenOf(node).flatMap((child) => (child.name === name ? [child] : all(child, name)));
}
