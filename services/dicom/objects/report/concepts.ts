import { dcm, own, sct } from '../codes.ts';
import type { AlgorithmOutcome, Code, FindingVerdict } from '../types.ts';

/** Concept names of TID 1500 and the templates that it includes (PS3.16). */
export const IMAGING_MEASUREMENT_REPORT = dcm('126000', 'Imaging Measurement Report');
export const LANGUAGE = dcm('121049', 'Language of Content Item and Descendants');
export const ENGLISH: Code = {
  value: 'en-US',
  scheme: 'RFC5646',
  meaning: 'English (United States)',
};
export const PROCEDURE_REPORTED = dcm('121058', 'Procedure reported');
export const IMAGE_LIBRARY = dcm('111028', 'Image Library');
export const IMAGE_LIBRARY_GROUP = dcm('126200', 'Image Library Group');
export const MODALITY = dcm('121139', 'Modality');
export const IMAGING_MEASUREMENTS = dcm('126010', 'Imaging Measurements');
export const MEASUREMENT_GROUP = dcm('125007', 'Measurement Group');
export const TRACKING_IDENTIFIER = dcm('112039', 'Tracking Identifier');
export const TRACKING_UID = dcm('112040', 'Tracking Unique Identifier');
export const FINDING = dcm('121071', 'Finding');
export const FINDING_SITE = sct('363698007', 'Finding Site');
export const IMAGE_REGION = dcm('111030', 'Image Region');
export const SOURCE_OF_MEASUREMENT = dcm('121112', 'Source of Measurement');
export const QUALITATIVE_EVALUATIONS: Code = {
  value: 'C0034375',
  scheme: 'UMLS',
  meaning: 'Qualitative Evaluations',
};
export const COMMENT = dcm('121106', 'Comment');

/** TID 4019 */
export const ALGORITHM_NAME = dcm('111001', 'Algorithm Name');
export const ALGORITHM_PARAMETERS = dcm('111002', 'Algorithm Parameters');
export const ALGORITHM_VERSION = dcm('111003', 'Algorithm Version');
export const ALGORITHM_MANUFACTURER = dcm('122405', 'Algorithm Manufacturer');

/** TID 1001 to 1004 */
export const OBSERVER_TYPE = dcm('121005', 'Observer Type');
export const PERSON = dcm('121006', 'Person');
export const DEVICE = dcm('121007', 'Device');
export const PERSON_OBSERVER_NAME = dcm('121008', 'Person Observer Name');
export const DEVICE_OBSERVER_UID = dcm('121012', 'Device Observer UID');
export const DEVICE_OBSERVER_NAME = dcm('121013', 'Device Observer Name');
export const DEVICE_OBSERVER_MANUFACTURER = dcm('121014', 'Device Observer Manufacturer');
export const DEVICE_OBSERVER_MODEL_NAME = dcm('121015', 'Device Observer Model Name');

/** What was imaged, where the images themselves name no procedure. */
export const PROCEDURES: Readonly<Record<string, Code>> = {
  CR: sct('168537006', 'Plain radiography'),
  CT: sct('77477000', 'Computed tomography'),
  DX: sct('168537006', 'Plain radiography'),
  MG: sct('71651007', 'Mammography'),
  MR: sct('113091000', 'Magnetic resonance imaging'),
};
export const IMAGING_PROCEDURE = sct('363679005', 'Imaging');

/** CID 6047: tells "ran, and flagged nothing" from "failed". */
export const PROCESSING_SUMMARY = dcm('111017', 'CAD Processing and Findings Summary');
export const ALL_WITHOUT_FINDINGS = dcm('111241', 'All algorithms succeeded; without findings');
export const ALL_WITH_FINDINGS = dcm('111242', 'All algorithms succeeded; with findings');
export const SOME_WITHOUT_FINDINGS = dcm(
  '111243',
  'Not all algorithms succeeded; without findings',
);
export const SOME_WITH_FINDINGS = dcm('111244', 'Not all algorithms succeeded; with findings');
export const NONE_SUCCEEDED = dcm('111245', 'No algorithms succeeded; without findings');
/** CID 6047 has no word for a study that no algorithm was applied to. */
export const PROCESSING = own('PROCESSING', 'Processing by AI');
export const NOT_APPLIED = own('NOT-APPLIED', 'No AI algorithm was applied');

/** Our own. A score is not called a probability or certainty: what it is stands in the model's card. */
export const MODEL_SCORE = own('SCORE', 'Model score');
export const OPERATING_THRESHOLD = own('THRESHOLD', 'Operating threshold of the model');
export const FLAG = own('FLAG', 'Flag of the model');
export const FLAGGED = own('FLAGGED', 'Flagged: score at or above the threshold');
export const NOT_FLAGGED = own('NOT-FLAGGED', 'Not flagged: score below the threshold');
export const OUTCOME = own('OUTCOME', 'Outcome of the model');
export const REASON = own('REASON', 'Reason');
export const PRIORITY = own('PRIORITY', 'Worklist priority by rule of the site');
export const PRIORITY_RULE = own('PRIORITY-RULE', 'Rule of the site and its version');
export const LIMITATION = own('LIMITATION', 'Limitation');
export const READING_MODE = own('READING-MODE', 'Reading mode');
export const VERDICT = own('VERDICT', 'Assessment by the reader');
export const ORIGINAL_FINDING = own('ORIGINAL-FINDING', 'Finding as the model gave it');
export const ORIGINAL_REGION = own('ORIGINAL-REGION', 'Region as the model gave it');

export const OUTCOMES: Readonly<Record<AlgorithmOutcome, Code>> = {
  analysed: own('ANALYSED', 'Analysed'),
  'not-analysed': own('NOT-ANALYSED', 'Not analysed: no image suits the model'),
  declined: own('DECLINED', 'Declined by the model'),
  failed: own('FAILED', 'Failed'),
};

export const VERDICTS: Readonly<Record<FindingVerdict, Code>> = {
  confirm: own('ACCEPTED', 'Accepted'),
  amend: own('AMENDED', 'Amended'),
  reject: own('REJECTED', 'Rejected'),
  add: own('ADDED', 'Added by the reader'),
};
