/** Owns the settings of the difficulty encoder. The paper does not publish its own; the defaults are this program's. */
import { Select } from '@mantine/core';
import { Field, NumberField } from '../ui/fields.tsx';
import type { Params, TrainFieldsProps } from './train-form.tsx';

export function EncoderFields({ params, set, say }: TrainFieldsProps) {
  return (
    <section>
      <h3 className="train-group">Difficulty encoder: how class and difficulty are told to the model</h3>
      <div className="form-grid">
        <Field
          label="Score"
          help="What the encoder reads of a difficulty: the number alone, or also waves of it, by which it can tell near difficulties apart."
        >
          <Select
            aria-label="Score"
            data={[
              { value: 'fourier', label: 'Number and waves' },
              { value: 'raw', label: 'Number alone' },
            ]}
            value={params.scoreFeatures}
            onChange={(value) => value && set({ scoreFeatures: value as Params['scoreFeatures'] })}
          />
        </Field>
        {params.scoreFeatures === 'fourier' && (
          <NumberField
            label="Waves"
            help="How many. More follow finer differences, and chance in the scores as well."
            min={1}
            max={64}
            value={params.frequencies}
            onChange={(frequencies) => set({ frequencies })}
            error={say('frequencies', 'A whole number from 1 to 64.')}
          />
        )}
        <Field
          label="Class"
          help="One-hot: a switch for each class. Learned: a list of numbers for each class, which training finds."
        >
          <Select
            aria-label="Class"
            data={[
              { value: 'one-hot', label: 'One-hot' },
              { value: 'embedding', label: 'Learned' },
            ]}
            value={params.labelEncoding}
            onChange={(value) => value && set({ labelEncoding: value as Params['labelEncoding'] })}
          />
        </Field>
        <NumberField
          label="Width"
          help="Size of the encoder's hidden layers."
          min={1}
          max={8192}
          value={params.encoderWidth}
          onChange={(encoderWidth) => set({ encoderWidth })}
          error={say('encoderWidth', 'A whole number from 1 to 8,192.')}
        />
        <NumberField
          label="Layers"
          help="How many hidden layers the encoder has."
          min={1}
          max={16}
          value={params.encoderDepth}
          onChange={(encoderDepth) => set({ encoderDepth })}
          error={say('encoderDepth', 'A whole number from 1 to 16.')}
        />
        <NumberField
          label="Tokens"
          help="In how many words of the prompt's kind the encoder speaks to the model."
          min={1}
          max={16}
          value={params.tokens}
          onChange={(tokens) => set({ tokens })}
          error={say('tokens', 'A whole number from 1 to 16.')}
        />
        <Field
          label="Their place"
          help="After the prompt's words, or in the place of the last of them, which models of a fixed prompt length need."
        >
          <Select
            aria-label="Their place"
            data={[
              { value: 'append', label: 'After the prompt' },
              { value: 'overwrite', label: 'Over its end' },
            ]}
            value={params.placement}
            onChange={(value) => value && set({ placement: value as Params['placement'] })}
          />
        </Field>
        <Field
          label="Their size"
          help="Brought to the size of the prompt's words, so that the model hears them from the first step, or left as the encoder makes them."
        >
          <Select
            aria-label="Their size"
            data={[
              { value: 'norm', label: 'As words' },
              { value: 'free', label: 'As they come' },
            ]}
            value={params.tokenNorm ? 'norm' : 'free'}
            onChange={(value) => value && set({ tokenNorm: value === 'norm' })}
          />
        </Field>
        <NumberField
          label="Difficulties left out"
          help="Share of images learned without their difficulty, so that guidance has something to compare with. 0.1 is usual; with 0, guidance cannot strengthen difficulty."
          min={0}
          max={0.9}
          step={0.05}
          decimals={3}
          value={params.conditionDropout}
          onChange={(conditionDropout) => set({ conditionDropout })}
          error={say('conditionDropout', 'A share from 0 to 0.9.')}
        />
        <NumberField
          label="Encoder learning rate"
          help="How far each step moves the encoder."
          min={0}
          max={1}
          step={0.0001}
          decimals={7}
          value={params.encoderLearningRate}
          onChange={(encoderLearningRate) => set({ encoderLearningRate })}
          error={say('encoderLearningRate', 'A number above 0, up to 1.')}
        />
      </div>
    </section>
  );
}
