-- Every study goes on to RadTriage once nothing has been added to it for Orthanc's StableAge.
function OnStableStudy(studyId, tags, metadata)
  SendToModality(studyId, 'radtriage')
end
