/** Owns the `data-testid` values that tests drive the app with; a spec imports these, never a literal. */
export const testIds = {
  nav: (screen: string) => `nav-${screen}`,
  screen: (screen: string) => `screen-${screen}`,
  datasetSwitch: 'dataset-switch',
  engineState: 'engine-state',
  engineRetry: 'engine-retry',
  themeToggle: 'theme-toggle',
  shortcutsButton: 'shortcuts-button',
  toast: 'toast',

  importFolder: 'import-folder',
  importManifest: 'import-manifest',
  importSource: 'import-source',
  importName: 'import-name',
  importProbabilities: 'import-probabilities',
  importClassOrder: 'import-class-order',
  importStart: 'import-start',
  importProgress: 'import-progress',
  importSummary: 'import-summary',
  importEnd: 'import-end',
  importEndClose: 'import-end-close',
  importOptions: 'import-options',
  importColumn: 'import-column',
  importFollowLinks: 'import-follow-links',
  datasetRow: 'dataset-row', // data-dataset-id, data-dataset-name
  datasetOpen: 'dataset-open',
  datasetImages: 'dataset-images',
  datasetRemove: 'dataset-remove',
  datasetRelink: 'dataset-relink',
  datasetRemoveConfirm: 'dataset-remove-confirm',
  skippedOpen: 'skipped-open',
  skippedList: 'skipped-list',
  skippedRow: 'skipped-row',

  grid: 'grid',
  gridCount: 'grid-count', // data-count
  tile: 'tile', // data-image-id, data-difficulty (six decimals, empty while unscored), data-selected
  cellSize: 'cell-size',
  filterClass: 'filter-class',
  filterText: 'filter-text',
  likeText: 'like-text',
  likeModel: 'like-model',
  likeMissing: 'like-missing',
  filterDifficulty: 'filter-difficulty',
  filterBucket: (bucket: string) => `filter-bucket-${bucket}`,
  filterOrigin: 'filter-origin',
  filterDecision: 'filter-decision',
  filterReset: 'filter-reset',
  sort: 'sort',
  selectionCount: 'selection-count', // data-count
  bulkRelabel: 'bulk-relabel',
  bulkTag: 'bulk-tag',
  bulkCaption: 'bulk-caption',
  bulkAccept: 'bulk-accept',
  bulkReject: 'bulk-reject',
  undo: 'undo',
  redo: 'redo',

  inspector: 'inspector', // data-image-id
  inspectorDifficulty: 'inspector-difficulty', // data-value
  inspectorClass: 'inspector-class',
  inspectorCaption: 'inspector-caption',
  inspectorCaptionSave: 'inspector-caption-save',
  inspectorTag: 'inspector-tag',
  provenance: 'provenance',

  scoreStart: 'score-start',
  difficultyMean: 'difficulty-mean', // data-value
  difficultyAccuracy: 'difficulty-accuracy', // data-value
  difficultyScored: 'difficulty-scored', // data-value
  bucketCount: (bucket: string) => `bucket-count-${bucket}`, // data-value
  densityChart: 'density-chart',
  classTable: 'class-table',
  moreRows: 'more-rows', // below a long table
  classRow: 'class-row', // data-class-name, data-mean, data-count
  stripEasiest: 'strip-easiest',
  stripHardest: 'strip-hardest',
  scorePrompts: 'score-prompts',
  scoreTemperature: 'score-temperature',
  difficultyView: 'difficulty-view',
  compareScorer: (letter: 'A' | 'B') => `compare-scorer-${letter}`,
  compareSpearman: 'compare-spearman', // data-value
  compareScatter: 'compare-scatter', // data-points: how many are drawn
  compareUnseen: 'compare-unseen',
  compareClasses: 'compare-classes',
  disagreements: 'disagreements',
  disagreement: 'disagreement', // data-image-id
  calibrationSentence: 'calibration-sentence',
  calibrationError: 'calibration-error', // data-value
  reliabilityChart: 'reliability-chart', // data-bins
  datasetMap: 'dataset-map', // data-points: how many are drawn

  issuesTab: 'issues-tab',
  issuesSearch: 'issues-search',
  issuesDuplicates: 'issues-duplicates',
  issuesSettings: 'issues-settings',
  issuesFindings: 'issues-findings',
  issuesProgress: 'issues-progress', // data-done, data-total
  issueRow: 'issue-row', // data-image-id, data-state
  issueImage: 'issue-image', // data-image-id
  issueState: 'issue-state', // data-state
  issueKeep: 'issue-keep',
  issueChange: 'issue-change',
  issueExclude: 'issue-exclude',
  issueUndo: 'issue-undo',
  cluster: 'cluster', // data-cluster, data-left
  clusterKeep: 'cluster-keep',

  projectStart: 'project-start',
  mapCanvas: 'map-canvas', // data-renderer: webgl | canvas
  mapCount: 'map-count', // data-count
  mapColour: 'map-colour',
  mapLasso: 'map-lasso',
  mapSelected: 'map-selected', // data-count
  mapOpenInBrowse: 'map-open-in-browse',
  mapHover: 'map-hover',

  trainStart: 'train-start',
  trainSteps: 'train-steps',
  trainBatch: 'train-batch',
  trainRank: 'train-rank',
  trainKind: 'train-kind',
  trainMore: 'train-more',
  trainPreviewEvery: 'train-preview-every',
  trainAgain: 'train-again',
  trainRun: 'train-run', // data-job-id, data-state
  trainStop: 'train-stop',
  trainKeep: 'train-keep',
  trainResume: 'train-resume',
  trainPreviews: 'train-previews', // data-steps
  fitSection: 'fit-section',
  fitOpen: 'fit-open',
  fitModel: 'fit-model',
  fitTrain: 'fit-train',
  fitEpochs: 'fit-epochs',
  fitMore: 'fit-more',
  fitStart: 'fit-start',
  fitKeep: 'fit-keep',
  fitResume: 'fit-resume',
  fitScore: 'fit-score',
  fitChart: 'fit-chart', // data-points
  trainModelRow: 'train-model-row', // data-model-id
  lossChart: 'loss-chart', // data-points
  generatePrompt: 'generate-prompt',
  generateNegative: 'generate-negative-prompt',
  promptSyntax: 'generate-prompt-syntax',
  promptUnread: 'prompt-unread',
  longPrompts: 'generate-long-prompts',
  clipSkip: 'generate-clip-skip',
  generateMu: 'generate-mu',
  generateSigma: 'generate-sigma',
  generateCount: 'generate-count',
  generateRatio: 'generate-ratio',
  generateDistribution: 'generate-distribution',
  generateLow: 'generate-low',
  generateHigh: 'generate-high',
  generateBins: 'generate-bins',
  generatePrompts: 'generate-prompts',
  generateExamples: 'generate-examples',
  generateKeep: 'generate-keep',
  generateKeepWithin: 'generate-keep-within',
  generateAttempts: 'generate-attempts',
  generatePlan: 'generate-plan',
  generateAcceptance: 'generate-acceptance',
  generateSteps: 'generate-steps',
  generateSeed: 'generate-seed',
  generateInit: 'generate-init',
  generateStrength: 'generate-strength',
  generateFirstPrompts: 'generate-first-prompt',
  generateAddLora: 'generate-lora',
  generateStart: 'generate-start',
  generatePreview: 'generate-preview', // data-step
  generateResults: 'generate-results', // data-count

  controlTab: 'control-tab',
  controlReport: 'control-report', // data-job-id
  controlVerdict: 'control-verdict', // data-tone
  controlChoice: 'control-choice',
  controlCompare: 'control-compare',
  controlAgain: 'control-again',
  controlCount: 'control-count',
  controlLevels: 'control-levels',
  controlBaseline: 'control-baseline',
  controlMore: 'control-more',
  controlSteps: 'control-steps',
  controlScheduler: 'control-scheduler',
  controlEstimate: 'control-estimate', // data-images
  controlStart: 'control-start',
  controlChart: 'control-chart',
  controlClassRow: 'control-class-row', // data-class-name, data-spearman
  controlPicture: 'control-picture', // data-class-name, data-requested, data-file
  controlEnlarged: 'control-enlarged', // data-file
  controlBaselineRow: 'control-baseline-row', // data-variant, data-easy
  hardFactorsReport: 'hard-factors-report', // data-job-id
  hardFactorsStart: 'hard-factors-start',
  hardFactorsClass: 'hard-factors-class',
  hardFactorsTable: 'hard-factors-table',
  reportJob: 'report-job', // data-state
  reportCancel: 'report-cancel',
  reportResume: 'report-resume',
  reportFiles: 'report-files',

  reviewImage: 'review-image', // data-image-id
  reviewAccept: 'review-accept',
  reviewReject: 'review-reject',
  reviewUndo: 'review-undo',
  reviewProgress: 'review-progress', // data-reviewed, data-total
  reviewDecision: 'review-decision', // data-decision
  reviewMode: 'review-mode',
  reviewClass: 'review-class',
  reviewMeasured: 'review-measured', // data-value
  reviewRequested: 'review-requested', // data-value

  exportOrigin: 'export-origin',
  exportClasses: 'export-classes',
  exportAccepted: 'export-accepted',
  exportDifficulty: 'export-difficulty',
  exportCount: 'export-count', // data-count
  exportChoose: 'export-choose',
  exportDestination: 'export-destination',
  exportStart: 'export-start',
  exportShow: 'export-show',
  exportScores: 'export-scores',
  exportResult: 'export-result',

  jobRow: 'job-row', // data-job-id, data-kind, data-state
  jobCancel: 'job-cancel',
  jobResume: 'job-resume',
  jobLog: 'job-log',
  jobBar: 'job-bar', // data-running

  modelRow: 'model-row', // data-model-id, data-kind, data-usable
  modelAdd: 'model-add',
  modelSave: 'model-save',
  deviceChoice: 'device-choice',
  doctorTable: 'doctor-table',
  doctorRun: 'doctor-run',
  themeChoice: 'theme-choice',
  modelsFolder: 'models-folder',
} as const;
