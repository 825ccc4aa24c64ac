/** Owns what a job is called in lists, from its request. */
import { basename } from 'node:path';
import { displayText } from '../../shared/display-text.ts';
import type { JobRequest } from '../../shared/jobs/index.ts';

/** `dataset`: its name; null for an import. */
export const jobTitle = (request: JobRequest, dataset: string | null): string =>
  displayText(titleOf(request, dataset));

/** "cat, dog", "cat, dog, owl and 97 more". */
function listed(names: readonly string[]): string {
  const more = names.length - 5;
  return more > 0 ? `${names.slice(0, 5).join(', ')} and ${more} more` : names.join(', ');
}

function titleOf(request: JobRequest, dataset: string | null): string {
  switch (request.kind) {
    case 'import':
      return `Import ${request.params.name} from ${basename(request.params.source)}`;
    case 'relink':
      return `Find moved files of ${dataset}`;
    case 'embed':
      return `Embed ${dataset}`;
    case 'score':
      return `Score ${dataset} (${request.params.method})`;
    case 'fit':
      return `Train a classifier on ${dataset}`;
    case 'project':
      return `Map ${dataset} (${request.params.method === 'tsne' ? 't-SNE' : 'PCA'})`;
    case 'train': {
      const what = request.params.kind === 'plain' ? 'a plain LoRA' : 'difficulty';
      return `Train ${what} on ${dataset} (${request.params.steps} steps)`;
    }
    case 'generate': {
      const { classes, count, ratio } = request.params;
      const which = classes === 'all' ? 'every class' : listed(classes);
      const many = ratio === null ? `${count}` : `${+(100 * ratio).toFixed(1)}% as many`;
      return `Generate ${many} of ${which} for ${dataset}`;
    }
    case 'issues':
      return `Find label issues and duplicates in ${dataset}`;
    case 'control':
      return `Check difficulty control on ${dataset}`;
    case 'hard-factors':
      return `Find what makes ${dataset} hard`;
    case 'rescore':
      return `Measure new images of ${dataset}`;
    case 'caption':
      return `Caption ${dataset}`;
    case 'export':
      return `Export ${request.params.format === 'imagefolder' ? '' : 'scores of '}${dataset} to ${basename(request.params.out)}`;
  }
}
