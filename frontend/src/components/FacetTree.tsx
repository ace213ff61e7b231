import { words } from "@/lib/format/text";
import classes from "./FacetTree.module.css";

const DEEPEST = 6;
const MOST = 40;

/** Any JSON in readable form: keys as words, lists as lists. Keys that begin with `_` are for machines, and omitted. */
export function FacetTree({ value, depth = 0 }: { value: unknown; depth?: number }) {
  if (value === null || value === undefined) return <span className={classes.none}>none</span>;
  if (typeof value !== "object") return <Scalar value={value} />;
  if (depth >= DEEPEST) return <code className={classes.code}>{JSON.stringify(value)}</code>;
  if (Array.isArray(value)) return <List items={value} depth={depth} />;
  const entries = Object.entries(value).filter(([key]) => !key.startsWith("_"));
  const shown = entries.slice(0, MOST);
  if (shown.length === 0) return <span className={classes.none}>empty</span>;
  return (
    <dl className={classes.tree}>
      {shown.map(([key, inner]) => (
        <div key={key} className={classes.row} data-nested={typeof inner === "object" && inner !== null}>
          <dt title={key}>{words(key)}</dt>
          <dd>
            <FacetTree value={inner} depth={depth + 1} />
          </dd>
        </div>
      ))}
      {entries.length > MOST && <p className={classes.none}>and {entries.length - MOST} more</p>}
    </dl>
  );
}

function List({ items, depth }: { items: unknown[]; depth: number }) {
  if (items.length === 0) return <span className={classes.none}>none</span>;
  const more = items.length > MOST && <>and {items.length - MOST} more</>;
  if (items.every((item) => typeof item !== "object")) return <span>{items.slice(0, MOST).map(String).join(", ")} {more}</span>;
  return (
    <ol className={classes.list}>
      {items.slice(0, MOST).map((item, i) => (
        <li key={i}>
          <FacetTree value={item} depth={depth + 1} />
        </li>
      ))}
      {more && <li className={classes.none}>{more}</li>}
    </ol>
  );
}

function Scalar({ value }: { value: unknown }) {
  const text = String(value);
  const code = text.includes("\n") || /\b(select|insert|create|merge)\b.+\b(from|into|table)\b/i.test(text);
  return code ? <pre className={classes.code}>{text}</pre> : <span className={classes.text}>{text}</span>;
}
