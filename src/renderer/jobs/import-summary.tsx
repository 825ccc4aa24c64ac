/** Owns what an import used, and what it saw and did not use, as lists above its log. */
import { type ImportNote, type ImportSummary, noteText } from '../../shared/import-summary.ts';
import { testIds } from '../test-ids.ts';

export function ImportSummaryView({ summary }: { summary: ImportSummary }) {
  return (
    <div data-testid={testIds.importSummary}>
      <div>
        <strong>Layout:</strong> {summary.layout}
      </div>
      <Notes title="Used" notes={summary.used} />
      <Notes title="Seen and not used" notes={summary.unused} />
    </div>
  );
}

function Notes({ title, notes }: { title: string; notes: ImportNote[] }) {
  if (notes.length === 0) return null;
  return (
    <>
      <strong>{title}</strong>
      <ul>
        {notes.map((note) => (
          <li key={note.what}>{noteText(note)}</li>
        ))}
      </ul>
    </>
  );
}
