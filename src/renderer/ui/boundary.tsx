/** Owns what happens when a screen breaks: the rest of the window stays, the error is shown, and it can start over. */
import { Component, type ReactNode } from 'react';
import { ErrorPanel } from './feedback.tsx';

interface Props {
  /** Another name starts over: going to another screen leaves the broken one behind. */
  name: string;
  children: ReactNode;
}

interface State {
  error: unknown;
  name: string;
}

export class Boundary extends Component<Props, State> {
  override state: State = { error: null, name: this.props.name };

  static getDerivedStateFromError(error: unknown): Partial<State> {
    return { error };
  }

  static getDerivedStateFromProps(props: Props, state: State): State | null {
    return props.name === state.name ? null : { error: null, name: props.name };
  }

  override render() {
    if (this.state.error === null) return this.props.children;
    return (
      <div className="screen page">
        <ErrorPanel
          what="This screen broke. Your data are safe; try again, or go to another screen."
          error={this.state.error}
          retry={() => this.setState({ error: null })}
        />
      </div>
    );
  }
}
