/** Owns the notice that a prompt holds syntax which its chosen syntax takes as text. */
import { testIds } from '../test-ids.ts';

export function PromptUnread({ said }: { said: string | null }) {
  if (!said) return null;
  return (
    <div className="notice" role="status" data-testid={testIds.promptUnread}>
      {said}
    </div>
  );
}
