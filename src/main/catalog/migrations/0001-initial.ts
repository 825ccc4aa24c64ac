/**
 * Owns the first shape of the catalog. A shipped migration is never edited: a change is a new file.
 * An image row is identity (path, content hash, size, class); everything derived names what derived it.
 */
export const sql = `
CREATE TABLE datasets (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  name TEXT NOT NULL UNIQUE,
  root TEXT NOT NULL,                    -- folder that real images' paths start from
  source TEXT NOT NULL,                  -- the folder or manifest that was imported
  current_scorer_id INTEGER REFERENCES scorers(id) ON DELETE SET NULL,
  created_at INTEGER NOT NULL
) STRICT;

CREATE TABLE classes (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  dataset_id INTEGER NOT NULL REFERENCES datasets(id) ON DELETE CASCADE,
  name TEXT NOT NULL,
  class_index INTEGER NOT NULL,          -- append-only: stored probabilities rely on it
  UNIQUE (dataset_id, name),
  UNIQUE (dataset_id, class_index)
) STRICT;

CREATE TABLE images (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  dataset_id INTEGER NOT NULL REFERENCES datasets(id) ON DELETE CASCADE,
  origin TEXT NOT NULL CHECK (origin IN ('real', 'synthetic')),
  path TEXT NOT NULL,                    -- real: from the dataset's root; synthetic: from the catalog's folder
  hash TEXT NOT NULL,                    -- sha256 of the file's bytes
  bytes INTEGER NOT NULL,
  mtime_ms REAL,
  width INTEGER NOT NULL,
  height INTEGER NOT NULL,
  format TEXT NOT NULL,
  class_id INTEGER REFERENCES classes(id),
  import_label TEXT,                     -- what the last import said, so that only a change there overrides a person
  split TEXT CHECK (split IN ('train', 'val', 'test')),
  caption_id INTEGER REFERENCES captions(id),  -- the active caption
  present INTEGER NOT NULL DEFAULT 1,
  created_at INTEGER NOT NULL,
  UNIQUE (dataset_id, origin, path)
) STRICT;
CREATE INDEX images_by_class ON images (class_id);
CREATE INDEX images_by_caption ON images (caption_id) WHERE caption_id IS NOT NULL;

CREATE TABLE label_history (
  id INTEGER PRIMARY KEY,
  image_id INTEGER NOT NULL REFERENCES images(id) ON DELETE CASCADE,
  at INTEGER NOT NULL,
  from_class TEXT,                       -- names, so that history outlives classes
  to_class TEXT,
  source TEXT NOT NULL                   -- import, generation, person, undo, redo
) STRICT;
CREATE INDEX label_history_by_image ON label_history (image_id, id);

CREATE TABLE skipped_files (
  id INTEGER PRIMARY KEY,
  dataset_id INTEGER NOT NULL REFERENCES datasets(id) ON DELETE CASCADE,
  path TEXT NOT NULL,
  reason TEXT NOT NULL
) STRICT;
CREATE INDEX skipped_by_dataset ON skipped_files (dataset_id, id);

-- Probabilities that an import brought along, per image and class name.
CREATE TABLE given_probabilities (
  image_id INTEGER PRIMARY KEY REFERENCES images(id) ON DELETE CASCADE,
  probabilities TEXT NOT NULL            -- JSON: class name -> probability, or a list in class order
) STRICT;

CREATE TABLE scorers (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  dataset_id INTEGER NOT NULL REFERENCES datasets(id) ON DELETE CASCADE,
  name TEXT NOT NULL,
  method TEXT NOT NULL,
  model_id TEXT NOT NULL,
  model_name TEXT NOT NULL,
  model_hash TEXT NOT NULL,
  accuracy REAL,
  class_ids TEXT NOT NULL,               -- JSON: classes.id by column of the probabilities
  probes TEXT,                           -- JSON headers of the stored probes; NULL where there are none
  probe_data BLOB,                       -- f32le, the probes one after another
  params TEXT NOT NULL,
  created_at INTEGER NOT NULL
) STRICT;
CREATE INDEX scorers_by_dataset ON scorers (dataset_id, id);

CREATE TABLE scores (
  scorer_id INTEGER NOT NULL REFERENCES scorers(id) ON DELETE CASCADE,
  image_id INTEGER NOT NULL REFERENCES images(id) ON DELETE CASCADE,
  difficulty REAL,                       -- [0,1]; NULL where the image has no class that the scorer knows
  entropy REAL NOT NULL,                 -- nats
  margin REAL NOT NULL,
  predicted_class_id INTEGER NOT NULL REFERENCES classes(id) ON DELETE CASCADE,
  PRIMARY KEY (scorer_id, image_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX scores_by_difficulty ON scores (scorer_id, difficulty, image_id);
CREATE INDEX scores_by_image ON scores (image_id);
CREATE INDEX scores_by_predicted ON scores (predicted_class_id);

-- Apart from scores, so that sorting and filtering read narrow rows.
CREATE TABLE score_probabilities (
  scorer_id INTEGER NOT NULL,
  image_id INTEGER NOT NULL,
  probabilities BLOB NOT NULL,           -- f32le[k], columns as scorers.class_ids
  PRIMARY KEY (scorer_id, image_id),
  FOREIGN KEY (scorer_id, image_id) REFERENCES scores(scorer_id, image_id) ON DELETE CASCADE
) STRICT;

CREATE TABLE embedding_sets (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  dataset_id INTEGER NOT NULL REFERENCES datasets(id) ON DELETE CASCADE,
  model_id TEXT NOT NULL,
  model_name TEXT NOT NULL,
  model_hash TEXT NOT NULL,
  dim INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  UNIQUE (dataset_id, model_hash)
) STRICT;

CREATE TABLE embeddings (
  set_id INTEGER NOT NULL REFERENCES embedding_sets(id) ON DELETE CASCADE,
  image_id INTEGER NOT NULL REFERENCES images(id) ON DELETE CASCADE,
  vector BLOB NOT NULL,                  -- f32le[dim]
  logits BLOB,                           -- f32le[labels] where the model is a classifier
  PRIMARY KEY (set_id, image_id)
) STRICT;
CREATE INDEX embeddings_by_image ON embeddings (image_id);

CREATE TABLE projections (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  dataset_id INTEGER NOT NULL REFERENCES datasets(id) ON DELETE CASCADE,
  method TEXT NOT NULL,
  model_name TEXT NOT NULL,
  model_hash TEXT NOT NULL,
  params TEXT NOT NULL,
  ids BLOB NOT NULL,                     -- u32le[n]
  positions BLOB NOT NULL,               -- f32le[n,2]
  created_at INTEGER NOT NULL
) STRICT;
CREATE INDEX projections_by_dataset ON projections (dataset_id, id);

CREATE TABLE captions (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  image_id INTEGER NOT NULL REFERENCES images(id) ON DELETE CASCADE,
  text TEXT NOT NULL,
  source TEXT NOT NULL,                  -- import, template, prompt, person, or a model's name
  at INTEGER NOT NULL
) STRICT;
CREATE INDEX captions_by_image ON captions (image_id, id);

CREATE TABLE synthetic_samples (
  image_id INTEGER PRIMARY KEY REFERENCES images(id) ON DELETE CASCADE,
  job_id INTEGER NOT NULL,
  job_index INTEGER NOT NULL,
  requested_difficulty REAL,
  provenance TEXT NOT NULL,              -- JSON, as in shared/domain/provenance.ts
  UNIQUE (job_id, job_index)
) STRICT;

CREATE TABLE reviews (
  image_id INTEGER PRIMARY KEY REFERENCES images(id) ON DELETE CASCADE,
  decision TEXT NOT NULL CHECK (decision IN ('accept', 'reject')),
  at INTEGER NOT NULL
) STRICT;

CREATE TABLE tags (
  image_id INTEGER NOT NULL REFERENCES images(id) ON DELETE CASCADE,
  tag TEXT NOT NULL,
  PRIMARY KEY (image_id, tag)
) STRICT, WITHOUT ROWID;

CREATE TABLE models (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  name TEXT NOT NULL,
  kind TEXT NOT NULL,
  path TEXT NOT NULL,                    -- absolute, or from the catalog's folder for what was trained here
  hash TEXT NOT NULL,
  dataset_id INTEGER REFERENCES datasets(id) ON DELETE SET NULL,
  summary TEXT NOT NULL,
  spec TEXT,                             -- JSON: OnnxClassifierSpec, or what the trainer stored
  created_at INTEGER NOT NULL
) STRICT;

CREATE TABLE jobs (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  kind TEXT NOT NULL,
  dataset_id INTEGER REFERENCES datasets(id) ON DELETE SET NULL,
  title TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('queued', 'running', 'done', 'failed', 'cancelled')),
  stage TEXT NOT NULL DEFAULT '',
  done REAL NOT NULL DEFAULT 0,
  total REAL,
  seconds_left REAL,
  error TEXT,
  result TEXT,
  device TEXT NOT NULL,
  params TEXT NOT NULL,
  owner TEXT,                            -- the only supervisor whose engine may run it; NULL: any
  engine TEXT,                           -- lease: which engine runs it ...
  engine_pid INTEGER,                    -- ... in which process ...
  heartbeat_at INTEGER,                  -- ... and when it last said so
  cancel_requested INTEGER NOT NULL DEFAULT 0,
  crashes INTEGER NOT NULL DEFAULT 0,    -- engine deaths in a row without progress between them
  crash_done REAL NOT NULL DEFAULT -1,
  created_at INTEGER NOT NULL,
  started_at INTEGER,
  finished_at INTEGER
) STRICT;
CREATE INDEX jobs_by_state ON jobs (state, id);

CREATE TABLE job_logs (
  id INTEGER PRIMARY KEY,
  job_id INTEGER NOT NULL REFERENCES jobs(id) ON DELETE CASCADE,
  at INTEGER NOT NULL,
  level TEXT NOT NULL,
  text TEXT NOT NULL
) STRICT;
CREATE INDEX job_logs_by_job ON job_logs (job_id, id);

CREATE TABLE training_points (
  job_id INTEGER NOT NULL REFERENCES jobs(id) ON DELETE CASCADE,
  step INTEGER NOT NULL,
  loss REAL NOT NULL,
  smoothed_loss REAL NOT NULL,
  PRIMARY KEY (job_id, step)
) STRICT, WITHOUT ROWID;

-- Edits by a person. Undone ones stay until a new edit makes redoing them meaningless.
CREATE TABLE edits (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  at INTEGER NOT NULL,
  label TEXT NOT NULL,
  undone INTEGER NOT NULL DEFAULT 0
) STRICT;

CREATE TABLE edit_items (
  id INTEGER PRIMARY KEY,
  edit_id INTEGER NOT NULL REFERENCES edits(id) ON DELETE CASCADE,
  image_id INTEGER NOT NULL REFERENCES images(id) ON DELETE CASCADE,
  field TEXT NOT NULL,                   -- class, caption, decision, or tag:<tag>
  before TEXT,
  after TEXT
) STRICT;
CREATE INDEX edit_items_by_edit ON edit_items (edit_id, id);
CREATE INDEX edit_items_by_image ON edit_items (image_id);

CREATE TABLE settings (
  key TEXT PRIMARY KEY,
  value TEXT NOT NULL                    -- JSON
) STRICT, WITHOUT ROWID;
`;
