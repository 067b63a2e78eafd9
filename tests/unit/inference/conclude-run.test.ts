import { describe, expect, it } from 'vitest';
import { RadTriageError } from '#core/errors.ts';
import { concludeRun } from '#inference/conclude-run.ts';
import type { ModelAnalysis, ModelPlan } from '#inference/triage-types.ts';
import { analysisOf, imageOf, modelOf, planOf, resultOf, unreadable } from './results.ts';

const image = imageOf(1);
const crash = new RadTriageError('MODEL_FAILED', 'the child process ended (SIGSEGV)');

function conclude(analyses: readonly ModelAnalysis[], plans: readonly ModelPlan[] = []) {
  const all = [...analyses.map((analysis) => analysis.plan), ...plans];
  return concludeRun(all, analyses, [image]);
}

function scored(role: 'active' | 'shadow', score: number, id = 'first') {
  const plan = planOf(modelOf(role, { id }), [image]);
  return analysisOf(plan, { results: [resultOf(image, score / 2), resultOf(imageOf(2), score)] });
}

describe('what a run comes to', () => {
  it('pools by the largest score and flags from the threshold on', () => {
    const at = conclude([scored('active', 0.5)]);
    expect(at).toMatchObject({
      state: 'analysed',
      reason: 'flagged by first 1.0.0',
      models: [{ score: 0.5, threshold: 0.5, flagged: true, images: 2 }],
      outcomes: [{ modelId: 'first', flagged: true, score: 0.5, label: 'Bright spot' }],
    });
    const below = conclude([scored('active', 0.499)]);
    expect(below).toMatchObject({ reason: 'no finding flagged by first 1.0.0' });
    expect(below.reason).not.toMatch(/normal/i);
  });

  it('leaves models in shadow for later, whatever they would say', () => {
    const waiting = planOf(modelOf('shadow', { id: 'second' }), [image]);
    expect(conclude([], [waiting])).toMatchObject({
      state: 'not-analysed',
      reason: 'model in shadow: awaiting promotion (second 1.0.0)',
      ...{ outcomes: [], models: [], failure: undefined, awaitsShadow: true },
    });
    const both = conclude([scored('active', 0.1)], [waiting]);
    expect(both.outcomes).toHaveLength(1);
    expect(both.models).toMatchObject([{ model: { id: 'first' } }]);
    expect(both).toMatchObject({ reason: 'no finding flagged by first 1.0.0', awaitsShadow: true });
    expect(conclude([scored('active', 0.1)]).awaitsShadow).toBe(false);
  });

  it('does not wait for models in shadow that decline the images or are refused', () => {
    const child = { ...planOf(modelOf('shadow'), []), declined: 'patient under 18' };
    const altered = new RadTriageError('MODEL_ALTERED', 'other bytes');
    const refused = { ...modelOf('shadow', { id: 'second' }), problem: altered };
    expect(conclude([], [child, { ...child, model: refused }])).toMatchObject({
      reason: 'test-brightness 1.0.0: patient under 18; model second 1.0.0 refused: file altered',
      ...{ awaitsShadow: false, models: [] },
    });
  });

  it('tells two versions of a model apart', () => {
    const older = planOf(modelOf('shadow', { version: '0.9.0' }), [image]);
    const active = scored('active', 0.9, 'test-brightness');
    expect(conclude([active], [older])).toMatchObject({
      reason: 'flagged by test-brightness 1.0.0',
      models: [{ model: { version: '1.0.0' } }],
    });
  });

  it('asks for another try only when an active model failed and none came to a result', () => {
    const plan = planOf(modelOf('active', { id: 'second' }), [image]);
    const failed = analysisOf(plan, { failure: crash });
    expect(conclude([failed]).failure).toBe(crash);
    const partly = conclude([scored('active', 0.9), failed]);
    expect(partly).toMatchObject({ state: 'analysed', failure: undefined });
    expect(partly.reason).toBe(
      'flagged by first 1.0.0; second 1.0.0: MODEL_FAILED: the child process ended (SIGSEGV)',
    );
  });

  it('does not ask for another try for a model that is refused', () => {
    const altered = new RadTriageError('MODEL_ALTERED', 'other bytes');
    const plan = planOf(modelOf('active'), [image]);
    expect(conclude([analysisOf(plan, { failure: altered })])).toMatchObject({
      state: 'not-analysed',
      failure: undefined,
      reason: 'model test-brightness 1.0.0 refused: file altered',
    });
    const refused = { ...plan, model: { ...plan.model, problem: altered } };
    expect(conclude([], [refused]).reason).toBe(
      'model test-brightness 1.0.0 refused: file altered',
    );
  });

  it('says plainly why nothing was analysed', () => {
    const reasonOf = (images: Parameters<typeof concludeRun>[2]) =>
      concludeRun([], [], images).reason;
    expect(reasonOf([imageOf(1, { Modality: ['MG'] }), imageOf(2, {})])).toBe(
      'outside intended use: no active or shadow model fits: modality MG, unknown',
    );
    expect(reasonOf([unreadable(1), unreadable(2)])).toBe(
      'DICOM_STRUCTURE: none of 2 image(s) could be read',
    );
    expect(reasonOf([])).toBe('the study has no image');
    const undecodable = [new RadTriageError('PIXELS_UNDECODABLE', 'x')];
    const plan = planOf(modelOf('active'), [image]);
    expect(conclude([analysisOf(plan, { undecodable })]).reason).toBe(
      'test-brightness 1.0.0: PIXELS_UNDECODABLE: 1 image(s) could not be decoded',
    );
  });
});
