"""导入: taking over what stands in a sheet, looked at first and done second."""
