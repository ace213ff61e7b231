import { MiddleText } from "./MiddleText";

interface Props {
  label: string;
  name: string;
  namespace: string;
  /** `line` keeps to one line: what is too long loses its middle. */
  look?: "text" | "line";
  className?: string;
}

/** The short name of a job, dataset or model; the whole one shows on hover, and is read out after it where it differs. */
export function NodeLabel({ label, name, namespace, look = "text", className }: Props) {
  const text = label || name;
  return (
    <span className={className} title={`${namespace} / ${name}`}>
      {look === "line" ? <MiddleText text={text} /> : text}
      {text !== name && " "}
      {text !== name && <span className="visually-hidden">({name})</span>}
    </span>
  );
}
