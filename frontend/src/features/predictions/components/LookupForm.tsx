import { Button, Select, TextInput } from "@mantine/core";
import { useState, type FormEvent } from "react";
import { IconSearch } from "@/components/icons";
import { usePredictionModelsQuery } from "../api";
import classes from "./Prediction.module.css";

interface Props {
  model: string | null;
  id: string | null;
  onSubmit: (model: string, id: string) => void;
}

/** The form for choosing a prediction. */
export function LookupForm({ model, id, onSubmit }: Props) {
  const { data } = usePredictionModelsQuery(undefined);
  const [draft, setDraft] = useState<{ model?: string; id?: string }>({});
  const only = data?.items.length === 1 ? data.items[0]?.id : undefined;
  const chosen = draft.model ?? model ?? only ?? null;
  const text = draft.id ?? id ?? "";
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (chosen && text.trim()) onSubmit(chosen, text.trim());
  };
  return (
    <form className={classes.form} onSubmit={submit}>
      <Select
        label="Model"
        placeholder="Choose a model"
        searchable
        allowDeselect={false}
        value={chosen}
        data={(data?.items ?? []).map((item) => ({ value: item.id, label: `${item.name} (${item.namespace})` }))}
        onChange={(value) => { setDraft({ ...draft, model: value ?? undefined }); }}
        nothingFoundMessage="No model matches"
      />
      <TextInput label="Prediction id" placeholder="As the producer sent it" value={text} onChange={(event) => { setDraft({ ...draft, id: event.currentTarget.value }); }} />
      <Button type="submit" disabled={!chosen || !text.trim()} leftSection={<IconSearch size={16} aria-hidden="true" />}>
        Look up
      </Button>
    </form>
  );
}
