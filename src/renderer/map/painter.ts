/**
 * Owns drawing the points: WebGL 2, or a plain 2-D canvas where there is none. Written here rather than taken
 * from a scatter library because those compile shader code with `new Function`, which our content security
 * policy forbids, and because typed arrays then go to the GPU as they came.
 */
import type { Camera, Size } from './camera.ts';

export interface Painter {
  readonly kind: 'webgl' | 'canvas';
  /** positions: f32[n,2]; colours: u8[n,4], straight alpha. */
  setPoints(positions: Float32Array): void;
  setColours(colours: Uint8Array): void;
  /** @param pointPx diameter in CSS px; @param ratio device px per CSS px */
  draw(camera: Camera, size: Size, pointPx: number, ratio: number): void;
  dispose(): void;
}

const vertexShader = `#version 300 es
in vec2 position;
in vec4 colour;
uniform vec2 centre;
uniform vec2 factor;
uniform float pointSize;
out vec4 shade;
void main() {
  gl_Position = vec4((position - centre) * factor, 0.0, 1.0);
  gl_PointSize = pointSize;
  shade = colour;
}`;

const fragmentShader = `#version 300 es
precision mediump float;
in vec4 shade;
out vec4 pixel;
void main() {
  float r = length(gl_PointCoord - 0.5) * 2.0;
  float edge = fwidth(r);
  float cover = 1.0 - smoothstep(1.0 - edge, 1.0, r);
  float alpha = shade.a * cover;
  pixel = vec4(shade.rgb * alpha, alpha);
}`;

function compile(gl: WebGL2RenderingContext): WebGLProgram {
  const program = gl.createProgram();
  for (const [type, source] of [
    [gl.VERTEX_SHADER, vertexShader],
    [gl.FRAGMENT_SHADER, fragmentShader],
  ] as const) {
    const shader = gl.createShader(type)!;
    gl.shaderSource(shader, source);
    gl.compileShader(shader);
    gl.attachShader(program, shader);
  }
  gl.linkProgram(program);
  if (!gl.getProgramParameter(program, gl.LINK_STATUS)) {
    throw new Error(`Map shader: ${gl.getProgramInfoLog(program) ?? 'did not link'}`);
  }
  return program;
}

class WebGlPainter implements Painter {
  readonly kind = 'webgl';
  private readonly gl: WebGL2RenderingContext;
  private readonly program: WebGLProgram;
  private readonly positions: WebGLBuffer;
  private readonly colours: WebGLBuffer;
  private count = 0;

  constructor(gl: WebGL2RenderingContext) {
    this.gl = gl;
    this.program = compile(gl);
    this.positions = gl.createBuffer();
    this.colours = gl.createBuffer();
    this.attribute('position', this.positions, 2, gl.FLOAT, false);
    this.attribute('colour', this.colours, 4, gl.UNSIGNED_BYTE, true);
    gl.enable(gl.BLEND);
    gl.blendFunc(gl.ONE, gl.ONE_MINUS_SRC_ALPHA);
  }

  private attribute(name: string, buffer: WebGLBuffer, size: number, type: number, normalised: boolean) {
    const { gl } = this;
    const at = gl.getAttribLocation(this.program, name);
    gl.bindBuffer(gl.ARRAY_BUFFER, buffer);
    gl.enableVertexAttribArray(at);
    gl.vertexAttribPointer(at, size, type, normalised, 0, 0);
  }

  setPoints(positions: Float32Array) {
    this.count = positions.length / 2;
    this.gl.bindBuffer(this.gl.ARRAY_BUFFER, this.positions);
    this.gl.bufferData(this.gl.ARRAY_BUFFER, positions, this.gl.STATIC_DRAW);
  }

  setColours(colours: Uint8Array) {
    this.gl.bindBuffer(this.gl.ARRAY_BUFFER, this.colours);
    this.gl.bufferData(this.gl.ARRAY_BUFFER, colours, this.gl.DYNAMIC_DRAW);
  }

  draw(camera: Camera, { width, height }: Size, pointPx: number, ratio: number) {
    const { gl, program } = this;
    gl.viewport(0, 0, gl.drawingBufferWidth, gl.drawingBufferHeight);
    gl.clearColor(0, 0, 0, 0);
    gl.clear(gl.COLOR_BUFFER_BIT);
    gl.useProgram(program);
    gl.uniform2f(gl.getUniformLocation(program, 'centre'), camera.x, camera.y);
    gl.uniform2f(
      gl.getUniformLocation(program, 'factor'),
      (2 * camera.scale) / width,
      (2 * camera.scale) / height,
    );
    gl.uniform1f(gl.getUniformLocation(program, 'pointSize'), pointPx * ratio);
    gl.drawArrays(gl.POINTS, 0, this.count);
  }

  dispose() {
    this.gl.deleteBuffer(this.positions);
    this.gl.deleteBuffer(this.colours);
    this.gl.deleteProgram(this.program);
  }
}

class CanvasPainter implements Painter {
  readonly kind = 'canvas';
  private readonly context: CanvasRenderingContext2D;
  private positions = new Float32Array(0);
  private colours = new Uint8Array(0);

  constructor(context: CanvasRenderingContext2D) {
    this.context = context;
  }

  setPoints(positions: Float32Array) {
    this.positions = positions as Float32Array<ArrayBuffer>;
  }

  setColours(colours: Uint8Array) {
    this.colours = colours as Uint8Array<ArrayBuffer>;
  }

  draw(camera: Camera, { width, height }: Size, pointPx: number, ratio: number) {
    const { context, positions, colours } = this;
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.clearRect(0, 0, width, height);
    for (let i = 0; i < positions.length / 2; i++) {
      const x = (positions[2 * i] - camera.x) * camera.scale + width / 2;
      const y = (camera.y - positions[2 * i + 1]) * camera.scale + height / 2;
      if (x < -pointPx || y < -pointPx || x > width + pointPx || y > height + pointPx) continue;
      const k = 4 * i;
      context.fillStyle = `rgba(${colours[k]},${colours[k + 1]},${colours[k + 2]},${colours[k + 3] / 255})`;
      context.beginPath();
      context.arc(x, y, pointPx / 2, 0, 2 * Math.PI);
      context.fill();
    }
  }

  dispose() {}
}

/** @throws Error where the canvas gives no context at all */
export function makePainter(canvas: HTMLCanvasElement): Painter {
  const gl = canvas.getContext('webgl2', { antialias: false, premultipliedAlpha: true });
  if (gl) return new WebGlPainter(gl);
  const context = canvas.getContext('2d');
  if (!context) throw new Error('The map cannot be drawn: this window gives no drawing surface.');
  return new CanvasPainter(context);
}
