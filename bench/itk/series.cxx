// A DICOM series as ITK's examples read it: names sorted by GDCM, then one volume of short.
// Prints the milliseconds that it took.
//   itk_series FOLDER
#include <itkGDCMImageIO.h>
#include <itkGDCMSeriesFileNames.h>
#include <itkImage.h>
#include <itkImageSeriesReader.h>
#include <chrono>
#include <cstdio>

using Image = itk::Image<short, 3>;

static double now() {
  return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

int main(int argc, char **argv) {
  if (argc < 2) return 2;
  const double start = now();
  auto names = itk::GDCMSeriesFileNames::New();
  names->SetDirectory(argv[1]);
  auto reader = itk::ImageSeriesReader<Image>::New();
  reader->SetImageIO(itk::GDCMImageIO::New());
  reader->SetFileNames(names->GetInputFileNames());
  reader->Update();
  std::printf("%.0f\n", now() - start);
  return reader->GetOutput()->GetLargestPossibleRegion().GetSize()[2] == 300 ? 0 : 1;
}
