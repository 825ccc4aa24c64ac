/** Owns labelled form pieces: a label with its explanation, and a slider with its number. */
import { NumberInput, Slider, Tooltip } from '@mantine/core';
import type { ReactNode } from 'react';

/** A term with its definition on hover and on keyboard focus. */
export function Term({ children, help }: { children: ReactNode; help: string }) {
  return (
    <Tooltip label={help} events={{ hover: true, focus: true, touch: true }}>
      <button type="button" className="term">
        {children}
      </button>
    </Tooltip>
  );
}

interface FieldProps {
  label: string;
  help: string;
  htmlFor?: string;
  error?: string | null;
  /** Over all columns of a form. */
  wide?: boolean;
  children: ReactNode;
}

export function Field({ label, help, htmlFor, error, wide, children }: FieldProps) {
  return (
    <div className={wide ? 'field wide' : 'field'}>
      <div className="field-label">
        <label htmlFor={htmlFor}>{label}</label>
        <Tooltip label={help} events={{ hover: true, focus: true, touch: true }}>
          <button type="button" className="help" aria-label={`About ${label}: ${help}`}>
            ?
          </button>
        </Tooltip>
      </div>
      {children}
      {error && (
        <div className="field-error" role="alert">
          {error}
        </div>
      )}
    </div>
  );
}

interface NumberProps {
  label: string;
  help: string;
  value: number;
  onChange: (value: number) => void;
  min: number;
  max: number;
  step?: number;
  decimals?: number;
  testId?: string;
  /** What an empty field means. */
  placeholder?: string;
  error?: string | null;
}

/** An empty or half-typed number arrives as NaN: the form then says what is missing. */
const toNumber = (value: string | number) => (value === '' ? Number.NaN : Number(value));

export function NumberField({
  label,
  help,
  testId,
  decimals = 0,
  step = 1,
  value,
  error,
  ...props
}: NumberProps) {
  const id = `field-${testId ?? label}`;
  return (
    <Field label={label} help={help} htmlFor={id} error={error}>
      <NumberInput
        id={id}
        data-testid={testId}
        {...props}
        value={Number.isNaN(value) ? '' : value}
        onChange={(next) => props.onChange(toNumber(next))}
        step={step}
        decimalScale={decimals}
        clampBehavior="none"
        error={Boolean(error)}
      />
    </Field>
  );
}

export function SliderField({
  label,
  help,
  testId,
  decimals = 2,
  step = 0.01,
  value,
  error,
  ...props
}: NumberProps) {
  const id = `field-${testId ?? label}`;
  return (
    <Field label={label} help={help} htmlFor={id} error={error}>
      <div className="slider-row">
        <Slider
          thumbLabel={label}
          style={{ flex: 1 }}
          min={props.min}
          max={props.max}
          step={step}
          value={Number.isNaN(value) ? props.min : value}
          onChange={props.onChange}
          label={null}
        />
        <NumberInput
          id={id}
          data-testid={testId}
          className="slider-number"
          min={props.min}
          max={props.max}
          step={step}
          decimalScale={decimals}
          value={Number.isNaN(value) ? '' : value}
          onChange={(next) => props.onChange(toNumber(next))}
          clampBehavior="none"
          error={Boolean(error)}
          hideControls
        />
      </div>
    </Field>
  );
}
